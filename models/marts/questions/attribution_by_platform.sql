with touchpoints as (
    select
        platform,
        count(*) as touchpoints,
        count(*) filter (where touchpoint = 'impression') as impressions,
        count(*) filter (where touchpoint = 'click') as clicks,
        count(*) filter (where touchpoint = 'engagement') as engagements,
        count(distinct user_id) as users,
        count(distinct content_id) as content_ids,
        min(timestamp) as first_touch_at,
        max(timestamp) as last_touch_at
    from {{ ref('attribution_tracking') }}
    group by platform
),

paths as (
    select
        path_id,
        conversion_value,
        case when jsonb_typeof(attribution_weights) = 'object' then attribution_weights end as weights
    from {{ ref('conversion_paths') }}
),

credits as (
    select
        paths.path_id,
        coalesce(spellings.platform, credit.platform) as platform,
        paths.conversion_value * (credit.weight #>> '{}')::double precision as credited_value
    from paths
    cross join lateral jsonb_each(paths.weights) as credit (platform, weight)
    left join {{ ref('platform_spellings') }} as spellings
        on credit.platform = spellings.spelling
    where jsonb_typeof(credit.weight) = 'number'
),

credited as (
    select
        platform,
        count(distinct path_id) as credited_conversions,
        -- in a fixed order, because the last digit of a sum depends on it
        sum(credited_value order by path_id) as credited_value
    from credits
    group by platform
),

final as (
    select
        coalesce(touchpoints.platform, credited.platform) as platform,
        coalesce(touchpoints.touchpoints, 0) as touchpoints,
        coalesce(touchpoints.impressions, 0) as impressions,
        coalesce(touchpoints.clicks, 0) as clicks,
        coalesce(touchpoints.engagements, 0) as engagements,
        coalesce(touchpoints.users, 0) as users,
        coalesce(touchpoints.content_ids, 0) as content_ids,
        coalesce(credited.credited_conversions, 0) as credited_conversions,
        coalesce(credited.credited_value, 0) as credited_value,
        touchpoints.first_touch_at,
        touchpoints.last_touch_at
    from touchpoints
    full outer join credited
        on touchpoints.platform = credited.platform
)

select * from final
