select platform, count(distinct user_id) as users
from analytics.attribution_tracking
group by platform
order by platform
