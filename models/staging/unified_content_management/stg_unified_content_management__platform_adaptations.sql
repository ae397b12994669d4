with typed as (
    select
        {{ as_text('adaptation_id') }} as adaptation_id,
        {{ as_text('content_id') }} as content_id,
        {{ as_text('platform') }} as platform,
        {{ as_text('adapted_content') }} as adapted_content,
        {{ as_local_time('scheduled_time') }} as scheduled_time,
        {{ as_text('post_id') }} as post_id,
        {{ as_enum('status', 'adaptation_status') }} as status,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'unified_content_management' as source_database
    from {{ source('unified_content_management', 'platform_adaptations') }}
)

select * from typed
