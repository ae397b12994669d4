with typed as (
    select
        {{ as_text('post_id') }} as post_id,
        {{ as_date('date') }} as date,
        {{ as_text('day') }} as day,
        {{ as_text('title') }} as title,
        {{ as_text('series') }} as series,
        {{ as_time('posting_time') }} as posting_time,
        {{ as_text('business_dev_focus') }} as business_dev_focus,
        {{ as_text('target_consultation_type') }} as target_consultation_type,
        {{ as_integer('views') }} as views,
        {{ as_integer('likes') }} as likes,
        {{ as_integer('comments') }} as comments,
        {{ as_integer('shares') }} as shares,
        {{ as_integer('saves') }} as saves,
        {{ as_double('engagement_rate') }} as engagement_rate,
        {{ as_integer('profile_views') }} as profile_views,
        {{ as_integer('connection_requests') }} as connection_requests,
        {{ as_integer('consultation_inquiries') }} as consultation_inquiries,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'week3_business_development' as source_database
    from {{ source('week3_business_development', 'week3_posts') }}
)

select * from typed
