with typed as (
    select
        {{ as_text('optimization_id') }} as optimization_id,
        {{ as_text('optimization_type') }} as optimization_type,
        {{ as_json('current_performance') }} as current_performance,
        {{ as_json('optimized_performance') }} as optimized_performance,
        {{ as_double('improvement_percentage') }} as improvement_percentage,
        {{ as_json('implementation_steps') }} as implementation_steps,
        {{ as_json('risk_assessment') }} as risk_assessment,
        {{ as_text('expected_timeline') }} as expected_timeline,
        {{ as_json('success_metrics') }} as success_metrics,
        {{ as_text('rollback_strategy') }} as rollback_strategy,
        {{ as_utc('created_at') }} as created_at,
        {{ as_enum('status', 'optimization_status') }} as status,
        {{ as_utc('implementation_date') }} as implementation_date,
        {{ as_json('results') }} as results,
        _source_row,
        'advanced_graph_rag_analytics' as source_database
    from {{ source('advanced_graph_rag_analytics', 'autonomous_optimizations') }}
)

select * from typed
