with final as (
    select
        optimization_id,
        optimization_type,
        current_performance,
        optimized_performance,
        improvement_percentage,
        implementation_steps,
        risk_assessment,
        expected_timeline,
        success_metrics,
        rollback_strategy,
        created_at,
        status,
        implementation_date,
        results,
        source_database
    from {{ ref('stg_advanced_graph_rag_analytics__autonomous_optimizations') }}
)

select * from final
