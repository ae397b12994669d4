with typed as (
    select
        {{ as_text('prediction_id') }} as prediction_id,
        {{ as_text('content_id') }} as content_id,
        {{ as_integer('predicted_inquiries') }} as predicted_inquiries,
        {{ as_double('predicted_pipeline_value') }} as predicted_pipeline_value,
        {{ as_double('confidence_lower') }} as confidence_lower,
        {{ as_double('confidence_upper') }} as confidence_upper,
        {{ as_json('success_factors') }} as success_factors,
        {{ as_json('optimization_opportunities') }} as optimization_opportunities,
        {{ as_json('competitive_advantages') }} as competitive_advantages,
        {{ as_json('audience_segments') }} as audience_segments,
        {{ as_json('optimal_timing') }} as optimal_timing,
        {{ as_utc('created_at') }} as created_at,
        {{ as_integer('actual_inquiries') }} as actual_inquiries,
        {{ as_double('actual_pipeline_value') }} as actual_pipeline_value,
        {{ as_double('prediction_accuracy') }} as prediction_accuracy,
        _source_row,
        'advanced_graph_rag_analytics' as source_database
    from {{ source('advanced_graph_rag_analytics', 'consultation_predictions') }}
)

select * from typed
