with final as (
    select
        pattern_id,
        pattern_type,
        pattern_structure,
        business_context,
        success_indicators,
        frequency_score,
        impact_score,
        last_detected,
        source_database
    from {{ ref('stg_advanced_graph_rag_analytics__graph_patterns') }}
)

select * from final
