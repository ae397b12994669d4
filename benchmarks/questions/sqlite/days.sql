select date(timestamp) as day, count(*) as touches, sum(value) as earned
from cross_platform_analytics.attribution_tracking
group by day
order by day
