with touches as (
    select
        lower(platform) as platform,
        count(*) as touchpoints,
        count(*) filter (where touchpoint = 'click') as clicks,
        count(distinct user_id) as users,
        count(distinct content_id) as content_ids,
        min(timestamp) as first_touch_at,
        max(timestamp) as last_touch_at
    from cross_platform_analytics.attribution_tracking
    group by lower(platform)
),

credits as (
    select
        lower(weights.key) as platform,
        count(distinct path_id) as credited_conversions,
        sum(conversion_value * weights.value) as credited_value
    from cross_platform_analytics.conversion_paths
    cross join json_each(attribution_weights) as weights
    group by lower(weights.key)
)

select
    platform,
    touchpoints,
    clicks,
    users,
    content_ids,
    coalesce(credited_conversions, 0),
    coalesce(credited_value, 0),
    first_touch_at,
    last_touch_at
from touches
left join credits using (platform)
order by platform
