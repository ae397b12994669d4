with typed as (
    select
        {{ as_text('post_id') }} as post_id,
        {{ as_date('date') }} as date,
        {{ as_text('day_of_week') }} as day_of_week,
        {{ as_text('content_type') }} as content_type,
        {{ as_text('signature_series') }} as signature_series,
        {{ as_text('headline') }} as headline,
        {{ as_text('platform') }} as platform,
        {{ as_time('posting_time') }} as posting_time,
        {{ as_integer('views') }} as views,
        {{ as_integer('likes') }} as likes,
        {{ as_integer('comments') }} as comments,
        {{ as_integer('shares') }} as shares,
        {{ as_integer('saves') }} as saves,
        {{ as_double('engagement_rate') }} as engagement_rate,
        {{ as_integer('profile_views') }} as profile_views,
        {{ as_integer('connection_requests') }} as connection_requests,
        {{ as_integer('consultation_inquiries') }} as consultation_inquiries,
        {{ as_integer('discovery_calls') }} as discovery_calls,
        {{ as_double('click_through_rate') }} as click_through_rate,
        {{ as_double('comment_quality_score') }} as comment_quality_score,
        {{ as_double('business_relevance_score') }} as business_relevance_score,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'content_analytics' as source_database
    from {{ source('content_analytics', 'posts') }}
)

select * from typed
