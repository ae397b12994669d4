with final as (
    select
        pattern_id,
        pattern_type,
        pattern_value,
        avg_engagement_rate,
        avg_consultation_conversion,
        sample_size,
        confidence_score,
        recommendation,
        identified_at,
        null::timestamptz as updated_at,
        source_database
    from {{ ref('stg_performance_analytics__content_patterns') }}

    union all

    select
        pattern_id,
        pattern_type,
        pattern_value,
        avg_engagement_rate,
        avg_consultation_conversion,
        sample_size,
        confidence_score,
        recommendation,
        identified_at,
        updated_at,
        source_database
    from {{ ref('stg_optimized_performance_analytics__content_patterns') }}
)

select * from final
