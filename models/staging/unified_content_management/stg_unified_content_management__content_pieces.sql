with typed as (
    select
        {{ as_text('content_id') }} as content_id,
        {{ as_text('original_content') }} as original_content,
        {{ as_text('business_objective') }} as business_objective,
        {{ as_text('target_audience') }} as target_audience,
        {{ as_utc('created_at') }} as created_at,
        {{ as_utc('updated_at') }} as updated_at,
        _source_row,
        'unified_content_management' as source_database
    from {{ source('unified_content_management', 'content_pieces') }}
)

select * from typed
