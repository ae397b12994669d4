with final as (
    select
        thread_id,
        post_id,
        total_tweets,
        first_tweet_id,
        thread_performance,
        created_at,
        source_database
    from {{ ref('stg_twitter_analytics__twitter_threads') }}
)

select * from final
