with appearances as (
    select post_id, lower(platform) as platform, views, likes + comments + shares + saves as engagements
    from content_analytics.posts
    union all
    select post_id, 'unknown', views, likes + comments + shares + saves
    from week3_business_development.week3_posts
    union all
    select post_id, 'twitter', sum(impressions), sum(retweets + likes + replies + clicks)
    from twitter_analytics.twitter_posts
    group by post_id
),

best as (
    select
        post_id,
        platform,
        sum(views) as views,
        sum(engagements) as engagements,
        1.0 * sum(engagements) / sum(views) as engagement_rate
    from appearances
    group by post_id, platform
    having sum(views) >= 1000
    order by engagement_rate desc, post_id, platform
    limit 20
)

select
    *,
    not exists (select 1 from content_analytics.posts where posts.post_id = best.post_id)
    and not exists (select 1 from week3_business_development.week3_posts where week3_posts.post_id = best.post_id)
        as is_inferred
from best
order by engagement_rate desc, post_id, platform
