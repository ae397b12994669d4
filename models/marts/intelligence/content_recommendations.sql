with final as (
    select
        recommendation_id,
        recommendation_type,
        content_topic,
        target_audience,
        expected_performance,
        reasoning,
        priority_score,
        created_at,
        source_database
    from {{ ref('stg_synapse_content_intelligence__content_recommendations') }}
)

select * from final
