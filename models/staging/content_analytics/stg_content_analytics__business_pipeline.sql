with typed as (
    select
        {{ as_text('inquiry_id') }} as inquiry_id,
        {{ as_text('source_post_id') }} as source_post_id,
        {{ as_date('inquiry_date') }} as inquiry_date,
        {{ as_text('inquiry_type') }} as inquiry_type,
        {{ as_text('company_size') }} as company_size,
        {{ as_text('industry') }} as industry,
        {{ as_double('project_value') }} as project_value,
        {{ as_enum('status', 'pipeline_status') }} as status,
        {{ as_text('notes') }} as notes,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'content_analytics' as source_database
    from {{ source('content_analytics', 'business_pipeline') }}
)

select * from typed
