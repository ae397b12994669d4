select content_id, lower(platform) as platform, touchpoint, user_id, timestamp, value
from cross_platform_analytics.attribution_tracking
where tracking_id = 'attr_linkedin_conversion_20251124182211904518'
