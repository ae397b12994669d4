select post_id, platform, views, engagements, engagement_rate, is_inferred
from analytics.content_performance_by_platform
where views >= 1000
order by engagement_rate desc, post_id, platform
limit 20
