with typed as (
    select
        {{ as_text('strategy_id') }} as strategy_id,
        {{ as_text('content_id') }} as content_id,
        {{ as_text('primary_platform') }} as primary_platform,
        {{ as_json('secondary_platforms') }} as secondary_platforms,
        {{ as_json('timing_strategy') }} as timing_strategy,
        {{ as_text('adaptation_notes') }} as adaptation_notes,
        {{ as_boolean('cross_promotion') }} as cross_promotion,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'unified_content_management' as source_database
    from {{ source('unified_content_management', 'content_strategies') }}
)

select * from typed
