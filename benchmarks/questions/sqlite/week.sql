select cast(strftime('%H', timestamp) as integer) as hour, count(*) as touches
from cross_platform_analytics.attribution_tracking
where timestamp >= '2025-06-02' and timestamp < '2025-06-09'
group by hour
order by hour
