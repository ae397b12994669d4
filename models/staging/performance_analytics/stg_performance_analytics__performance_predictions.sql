with typed as (
    select
        {{ as_text('prediction_id') }} as prediction_id,
        {{ as_text('post_id') }} as post_id,
        {{ as_double('predicted_engagement_rate') }} as predicted_engagement_rate,
        {{ as_integer('predicted_consultation_requests') }} as predicted_consultation_requests,
        {{ as_double('confidence_lower') }} as confidence_lower,
        {{ as_double('confidence_upper') }} as confidence_upper,
        {{ as_json('key_factors') }} as key_factors,
        {{ as_json('recommendations') }} as recommendations,
        {{ as_double('actual_engagement_rate') }} as actual_engagement_rate,
        {{ as_integer('actual_consultation_requests') }} as actual_consultation_requests,
        {{ as_double('prediction_accuracy') }} as prediction_accuracy,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'performance_analytics' as source_database
    from {{ source('performance_analytics', 'performance_predictions') }}
)

select * from typed
