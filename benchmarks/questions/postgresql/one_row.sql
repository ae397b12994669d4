select content_id, platform, touchpoint, user_id, timestamp, value
from analytics.attribution_tracking
where tracking_id = 'attr_linkedin_conversion_20251124182211904518'
