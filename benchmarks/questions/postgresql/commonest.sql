select content_id, count(*) as touches
from analytics.attribution_tracking
group by content_id
order by touches desc, content_id
limit 10
