select posts.content_type, posts.day_of_week, count(*) as tweets, sum(twitter_posts.clicks) as clicks
from content_analytics.posts
inner join twitter_analytics.twitter_posts using (post_id)
group by posts.content_type, posts.day_of_week
order by posts.content_type, posts.day_of_week
