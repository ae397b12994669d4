select platform_path, conversion_type, conversions, conversion_value, average_touchpoints, median_seconds
from analytics.conversions_by_path
order by platform_path, conversion_type
