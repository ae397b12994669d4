with typed as (
    select
        {{ as_text('thread_id') }} as thread_id,
        {{ as_text('post_id') }} as post_id,
        {{ as_integer('total_tweets') }} as total_tweets,
        {{ as_text('first_tweet_id') }} as first_tweet_id,
        {{ as_double('thread_performance') }} as thread_performance,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'twitter_analytics' as source_database
    from {{ source('twitter_analytics', 'twitter_threads') }}
)

select * from typed
