with typed as (
    select
        {{ as_text('inquiry_id') }} as inquiry_id,
        {{ as_text('source_post_id') }} as source_post_id,
        {{ as_date('inquiry_date') }} as inquiry_date,
        {{ as_text('inquiry_type') }} as inquiry_type,
        {{ as_text('company_name') }} as company_name,
        {{ as_text('contact_name') }} as contact_name,
        {{ as_text('company_size') }} as company_size,
        {{ as_json('inquiry_details') }} as inquiry_details,
        {{ as_double('estimated_value') }} as estimated_value,
        {{ as_enum('status', 'inquiry_status') }} as status,
        {{ as_text('notes') }} as notes,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'week3_business_development' as source_database
    from {{ source('week3_business_development', 'consultation_inquiries') }}
)

select * from typed
