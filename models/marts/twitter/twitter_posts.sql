with final as (
    select
        tweet_id,
        post_id,
        content,
        thread_position,
        total_threads,
        impressions,
        retweets,
        likes,
        replies,
        clicks,
        engagement_rate,
        posted_at,
        last_updated,
        source_database
    from {{ ref('stg_twitter_analytics__twitter_posts') }}
)

select * from final
