with typed as (
    select
        {{ as_text('interaction_id') }} as interaction_id,
        {{ as_text('user_id') }} as user_id,
        {{ as_text('from_platform') }} as from_platform,
        {{ as_text('to_platform') }} as to_platform,
        {{ as_text('content_id') }} as content_id,
        {{ as_text('interaction_type') }} as interaction_type,
        {{ as_integer('time_between_seconds') }} as time_between_seconds,
        {{ as_utc('recorded_at') }} as recorded_at,
        _source_row,
        'cross_platform_analytics' as source_database
    from {{ source('cross_platform_analytics', 'platform_interactions') }}
)

select * from typed
