with final as (
    select
        prediction_id,
        content_id,
        predicted_inquiries,
        predicted_pipeline_value,
        confidence_lower,
        confidence_upper,
        success_factors,
        optimization_opportunities,
        competitive_advantages,
        audience_segments,
        optimal_timing,
        created_at,
        actual_inquiries,
        actual_pipeline_value,
        prediction_accuracy,
        source_database
    from {{ ref('stg_advanced_graph_rag_analytics__consultation_predictions') }}
)

select * from final
