select timestamp::date as day, count(*) as touches, sum(value) as earned
from analytics.attribution_tracking
group by day
order by day
