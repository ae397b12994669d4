with typed as (
    select
        {{ as_text('recommendation_id') }} as recommendation_id,
        {{ as_text('recommendation_type') }} as recommendation_type,
        {{ as_text('content_topic') }} as content_topic,
        {{ as_text('target_audience') }} as target_audience,
        {{ as_json('expected_performance') }} as expected_performance,
        {{ as_text('reasoning') }} as reasoning,
        {{ as_double('priority_score') }} as priority_score,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'synapse_content_intelligence' as source_database
    from {{ source('synapse_content_intelligence', 'content_recommendations') }}
)

select * from typed
