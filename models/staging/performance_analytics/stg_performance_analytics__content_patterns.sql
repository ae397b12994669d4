with typed as (
    select
        {{ as_text('pattern_id') }} as pattern_id,
        {{ as_text('pattern_type') }} as pattern_type,
        {{ as_text('pattern_value') }} as pattern_value,
        {{ as_double('avg_engagement_rate') }} as avg_engagement_rate,
        {{ as_double('avg_consultation_conversion') }} as avg_consultation_conversion,
        {{ as_integer('sample_size') }} as sample_size,
        {{ as_double('confidence_score') }} as confidence_score,
        {{ as_text('recommendation') }} as recommendation,
        {{ as_utc('identified_at') }} as identified_at,
        _source_row,
        'performance_analytics' as source_database
    from {{ source('performance_analytics', 'content_patterns') }}
)

select * from typed
