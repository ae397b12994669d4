with typed as (
    select
        {{ as_text('insight_id') }} as insight_id,
        {{ as_text('insight_type') }} as insight_type,
        {{ as_text('insight_description') }} as insight_description,
        {{ as_json('entities_involved') }} as entities_involved,
        {{ as_json('relationships') }} as relationships,
        {{ as_double('business_impact_score') }} as business_impact_score,
        {{ as_double('confidence_score') }} as confidence_score,
        {{ as_json('actionable_recommendations') }} as actionable_recommendations,
        {{ as_double('projected_pipeline_value') }} as projected_pipeline_value,
        {{ as_text('implementation_effort') }} as implementation_effort,
        {{ as_enum('priority', 'priority_level') }} as priority,
        {{ as_utc('created_at') }} as created_at,
        {{ as_enum('status', 'insight_status') }} as status,
        _source_row,
        'advanced_graph_rag_analytics' as source_database
    from {{ source('advanced_graph_rag_analytics', 'graph_insights') }}
)

select * from typed
