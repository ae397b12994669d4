with final as (
    select
        prediction_id,
        post_id,
        predicted_engagement_rate,
        predicted_consultation_requests,
        confidence_lower,
        confidence_upper,
        key_factors,
        recommendations,
        actual_engagement_rate,
        actual_consultation_requests,
        prediction_accuracy,
        created_at,
        null::timestamptz as validated_at,
        source_database
    from {{ ref('stg_performance_analytics__performance_predictions') }}

    union all

    select
        prediction_id,
        post_id,
        predicted_engagement_rate,
        predicted_consultation_requests,
        confidence_lower,
        confidence_upper,
        key_factors,
        recommendations,
        actual_engagement_rate,
        actual_consultation_requests,
        prediction_accuracy,
        created_at,
        validated_at,
        source_database
    from {{ ref('stg_optimized_performance_analytics__performance_predictions') }}
)

select * from final
