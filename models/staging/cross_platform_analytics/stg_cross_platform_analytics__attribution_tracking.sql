with typed as (
    select
        {{ as_text('tracking_id') }} as tracking_id,
        {{ as_text('content_id') }} as content_id,
        {{ as_text('platform') }} as platform,
        {{ as_text('touchpoint') }} as touchpoint,
        {{ as_text('user_id') }} as user_id,
        {{ as_text('session_id') }} as session_id,
        {{ as_utc('timestamp') }} as timestamp,
        {{ as_double('value') }} as value,
        {{ as_json('metadata') }} as metadata,
        {{ as_boolean('processed') }} as processed,
        _source_row,
        'cross_platform_analytics' as source_database
    from {{ source('cross_platform_analytics', 'attribution_tracking') }}
)

select * from typed
