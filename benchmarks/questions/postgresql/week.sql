select extract(hour from timestamp)::int as hour, count(*) as touches
from analytics.attribution_tracking
where timestamp >= '2025-06-02' and timestamp < '2025-06-09'
group by hour
order by hour
