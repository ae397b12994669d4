with final as (
    select
        metric_id,
        metric_type,
        metric_date,
        total_posts,
        avg_engagement_rate,
        total_consultations,
        top_performing_pattern,
        calculated_at,
        source_database
    from {{ ref('stg_performance_analytics__performance_metrics_agg') }}

    union all

    select
        metric_id,
        metric_type,
        metric_date,
        total_posts,
        avg_engagement_rate,
        total_consultations,
        top_performing_pattern,
        calculated_at,
        source_database
    from {{ ref('stg_optimized_performance_analytics__performance_metrics_agg') }}
)

select * from final
