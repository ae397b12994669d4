with final as (
    select
        inquiry_id,
        source_post_id,
        inquiry_date,
        inquiry_type,
        company_size,
        industry,
        project_value,
        status,
        notes,
        created_at,
        now() as warehouse_updated_at,
        source_database
    from {{ ref('stg_content_analytics__business_pipeline') }}
)

select * from final
