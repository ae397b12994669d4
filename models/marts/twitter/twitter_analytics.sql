with tweets as (
    select
        tweet_id,
        post_id,
        thread_position,
        total_threads,
        impressions,
        retweets + likes + replies + clicks as total_engagements,
        engagement_rate,
        posted_at,
        source_database
    from {{ ref('twitter_posts') }}
),

-- A post may have been tweeted as a thread more than once. Its tweets are assigned to the latest thread.
latest_threads as (
    select distinct on (post_id)
        post_id,
        thread_id,
        thread_performance
    from {{ ref('twitter_threads') }}
    order by post_id asc, created_at desc nulls last, thread_id asc
),

final as (
    select
        tweets.tweet_id,
        tweets.post_id,
        latest_threads.thread_id,
        tweets.thread_position,
        tweets.total_threads,
        tweets.impressions,
        tweets.total_engagements,
        tweets.engagement_rate,
        latest_threads.thread_performance,
        tweets.posted_at,
        tweets.source_database
    from tweets
    left join latest_threads
        on
            tweets.post_id = latest_threads.post_id
            and tweets.total_threads > 1
)

select * from final
