with typed as (
    select
        {{ as_text('analysis_id') }} as analysis_id,
        {{ as_text('audience_segment') }} as audience_segment,
        {{ as_json('content_preferences') }} as content_preferences,
        {{ as_json('engagement_patterns') }} as engagement_patterns,
        {{ as_double('business_potential') }} as business_potential,
        {{ as_json('recommendations') }} as recommendations,
        {{ as_utc('updated_at') }} as updated_at,
        _source_row,
        'synapse_content_intelligence' as source_database
    from {{ source('synapse_content_intelligence', 'audience_intelligence') }}
)

select * from typed
