with final as (
    select
        inquiry_id,
        source_post_id,
        inquiry_date,
        inquiry_type,
        company_name,
        contact_name,
        company_size,
        inquiry_details,
        estimated_value,
        status,
        notes,
        created_at,
        source_database
    from {{ ref('stg_week3_business_development__consultation_inquiries') }}
)

select * from final
