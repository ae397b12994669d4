with typed as (
    select
        {{ as_text('tweet_id') }} as tweet_id,
        {{ as_text('post_id') }} as post_id,
        {{ as_text('content') }} as content,
        {{ as_integer('thread_position') }} as thread_position,
        {{ as_integer('total_threads') }} as total_threads,
        {{ as_integer('impressions') }} as impressions,
        {{ as_integer('retweets') }} as retweets,
        {{ as_integer('likes') }} as likes,
        {{ as_integer('replies') }} as replies,
        {{ as_integer('clicks') }} as clicks,
        {{ as_double('engagement_rate') }} as engagement_rate,
        {{ as_utc('posted_at') }} as posted_at,
        {{ as_utc('last_updated') }} as last_updated,
        _source_row,
        'twitter_analytics' as source_database
    from {{ source('twitter_analytics', 'twitter_posts') }}
)

select * from typed
