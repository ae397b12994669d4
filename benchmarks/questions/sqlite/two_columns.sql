select lower(platform) as platform, touchpoint, count(*) as touches, sum(value) as earned
from cross_platform_analytics.attribution_tracking
group by lower(platform), touchpoint
order by lower(platform), touchpoint
