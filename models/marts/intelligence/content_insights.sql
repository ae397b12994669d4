with final as (
    select
        insight_id,
        post_id,
        insight_type,
        insight_data,
        confidence_score,
        created_at,
        source_database
    from {{ ref('stg_synapse_content_intelligence__content_insights') }}
)

select * from final
