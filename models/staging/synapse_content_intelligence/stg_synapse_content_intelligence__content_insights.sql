with typed as (
    select
        {{ as_text('insight_id') }} as insight_id,
        {{ as_text('post_id') }} as post_id,
        {{ as_text('insight_type') }} as insight_type,
        {{ as_json('insight_data') }} as insight_data,
        {{ as_double('confidence_score') }} as confidence_score,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'synapse_content_intelligence' as source_database
    from {{ source('synapse_content_intelligence', 'content_insights') }}
)

select * from typed
