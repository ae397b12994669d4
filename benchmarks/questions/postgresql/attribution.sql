select
    platform,
    touchpoints,
    clicks,
    users,
    content_ids,
    credited_conversions,
    credited_value,
    first_touch_at,
    last_touch_at
from analytics.attribution_by_platform
order by platform
