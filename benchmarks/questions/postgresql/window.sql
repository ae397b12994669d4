with gaps as (
    select timestamp, timestamp - lag(timestamp) over (partition by user_id order by timestamp) as away
    from analytics.attribution_tracking
    where user_id is not null
)

select date_trunc('month', timestamp)::date as month, count(*) as returns
from gaps
where away > interval '7 days'
group by month
order by month
