with typed as (
    select
        {{ as_text('metric_id') }} as metric_id,
        {{ as_text('metric_type') }} as metric_type,
        {{ as_date('metric_date') }} as metric_date,
        {{ as_integer('total_posts') }} as total_posts,
        {{ as_double('avg_engagement_rate') }} as avg_engagement_rate,
        {{ as_integer('total_consultations') }} as total_consultations,
        {{ as_text('top_performing_pattern') }} as top_performing_pattern,
        {{ as_utc('calculated_at') }} as calculated_at,
        _source_row,
        'optimized_performance_analytics' as source_database
    from {{ source('optimized_performance_analytics', 'performance_metrics_agg') }}
)

select * from typed
