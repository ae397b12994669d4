with typed as (
    select
        {{ as_text('pattern_id') }} as pattern_id,
        {{ as_text('pattern_type') }} as pattern_type,
        {{ as_text('pattern_structure') }} as pattern_structure,
        {{ as_text('business_context') }} as business_context,
        {{ as_json('success_indicators') }} as success_indicators,
        {{ as_double('frequency_score') }} as frequency_score,
        {{ as_double('impact_score') }} as impact_score,
        {{ as_utc('last_detected') }} as last_detected,
        _source_row,
        'advanced_graph_rag_analytics' as source_database
    from {{ source('advanced_graph_rag_analytics', 'graph_patterns') }}
)

select * from typed
