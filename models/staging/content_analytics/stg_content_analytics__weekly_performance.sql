with typed as (
    select
        {{ as_integer('week_number') }} as week_number,
        {{ as_date('start_date') }} as start_date,
        {{ as_text('quarter') }} as quarter,
        {{ as_text('theme') }} as theme,
        {{ as_integer('total_posts') }} as total_posts,
        {{ as_integer('total_views') }} as total_views,
        {{ as_integer('total_engagement') }} as total_engagement,
        {{ as_double('avg_engagement_rate') }} as avg_engagement_rate,
        {{ as_integer('total_profile_views') }} as total_profile_views,
        {{ as_integer('total_connections') }} as total_connections,
        {{ as_integer('total_inquiries') }} as total_inquiries,
        {{ as_integer('total_discovery_calls') }} as total_discovery_calls,
        {{ as_text('best_performing_post') }} as best_performing_post,
        {{ as_double('best_engagement_rate') }} as best_engagement_rate,
        {{ as_time('optimal_posting_time') }} as optimal_posting_time,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'content_analytics' as source_database
    from {{ source('content_analytics', 'weekly_performance') }}
)

select * from typed
