with first_touches as (
    select user_id, min(timestamp) as first_touch_at
    from cross_platform_analytics.attribution_tracking
    where user_id is not null
    group by user_id
)

select date(first_touch_at, 'start of month') as month, count(*) as users
from first_touches
group by month
order by month
