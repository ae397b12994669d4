with steps as (
    select
        paths.path_id,
        step.position,
        coalesce(spellings.platform, step.touchpoint ->> 'platform') as platform
    from {{ ref('conversion_paths') }} as paths
    cross join lateral jsonb_array_elements(
        case when jsonb_typeof(paths.touchpoints) = 'array' then paths.touchpoints else '[]' end
    ) with ordinality as step (touchpoint, position)
    left join {{ ref('platform_spellings') }} as spellings
        on step.touchpoint ->> 'platform' = spellings.spelling
),

-- Several touches on one platform in a row are one stay there.
stays as (
    select
        path_id,
        position,
        platform,
        lag(platform) over (partition by path_id order by position) is distinct from platform as is_arrival
    from steps
),

journeys as (
    select
        path_id,
        string_agg(platform, ' > ' order by position) filter (where is_arrival) as platform_path,
        count(*) as touchpoints
    from stays
    group by path_id
),

final as (
    select
        coalesce(journeys.platform_path, 'unknown') as platform_path,
        paths.conversion_type,
        count(*) as conversions,
        sum(paths.conversion_value order by paths.path_id) as conversion_value,
        avg(journeys.touchpoints)::double precision as average_touchpoints,
        percentile_cont(0.5) within group (
            order by extract(epoch from paths.journey_end - paths.journey_start)::double precision
        ) as median_seconds
    from {{ ref('conversion_paths') }} as paths
    left join journeys
        on paths.path_id = journeys.path_id
    group by coalesce(journeys.platform_path, 'unknown'), paths.conversion_type
)

select * from final
