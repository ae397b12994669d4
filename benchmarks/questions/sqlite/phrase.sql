select post_id, date, headline, views
from content_analytics.posts
where headline like '%line two%'
order by views desc, post_id
limit 20
