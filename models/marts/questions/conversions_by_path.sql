with paths as (
    select
        path_id,
        conversion_type,
        conversion_value,
        journey_start,
        journey_end,
        case when jsonb_typeof(touchpoints) = 'array' then touchpoints end as touchpoints
    from {{ ref('conversion_paths') }}
),

steps as (
    select
        paths.path_id,
        step.position,
        coalesce(spellings.platform, step.touchpoint ->> 'platform') as platform
    from paths
    cross join lateral jsonb_array_elements(paths.touchpoints) with ordinality as step (touchpoint, position)
    left join {{ ref('platform_spellings') }} as spellings
        on step.touchpoint ->> 'platform' = spellings.spelling
),

-- Several touches in a row on one platform are one stay there.
stays as (
    select
        path_id,
        position,
        platform,
        lag(platform) over (partition by path_id order by position) as previous_platform
    from steps
),

journeys as (
    select
        path_id,
        string_agg(platform, ' > ' order by position) filter (
            where previous_platform is null or previous_platform <> platform
        ) as platform_path,
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
    from paths
    left join journeys
        on paths.path_id = journeys.path_id
    group by coalesce(journeys.platform_path, 'unknown'), paths.conversion_type
)

select * from final
