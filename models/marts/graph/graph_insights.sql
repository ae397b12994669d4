with final as (
    select
        insight_id,
        insight_type,
        insight_description,
        entities_involved,
        relationships,
        business_impact_score,
        confidence_score,
        actionable_recommendations,
        projected_pipeline_value,
        implementation_effort,
        priority,
        created_at,
        status,
        source_database
    from {{ ref('stg_advanced_graph_rag_analytics__graph_insights') }}
)

select * from final
