with final as (
    select
        content_id,
        original_content,
        business_objective,
        target_audience,
        created_at,
        updated_at,
        source_database
    from {{ ref('stg_unified_content_management__content_pieces') }}
)

select * from final
