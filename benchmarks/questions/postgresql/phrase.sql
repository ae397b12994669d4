select post_id, date, headline, views
from analytics.posts
where headline ilike '%line two%'
order by views desc, post_id
limit 20
