select platform, touchpoint, count(*) as touches, sum(value) as earned
from analytics.attribution_tracking
group by platform, touchpoint
order by platform, touchpoint
