with gaps as (
    select
        timestamp,
        unixepoch(timestamp) - unixepoch(lag(timestamp) over (partition by user_id order by timestamp)) as away
    from cross_platform_analytics.attribution_tracking
    where user_id is not null
)

select date(timestamp, 'start of month') as month, count(*) as returns
from gaps
where away > 7 * 86400
group by month
order by month
