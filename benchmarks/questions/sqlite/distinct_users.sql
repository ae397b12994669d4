select lower(platform) as platform, count(distinct user_id) as users
from cross_platform_analytics.attribution_tracking
group by lower(platform)
order by lower(platform)
