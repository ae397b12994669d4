select recorded_in, lead_source, stage, deals, valued_deals, deal_value, expected_value
from analytics.pipeline_by_source
order by recorded_in, lead_source, stage
