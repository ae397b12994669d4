with typed as (
    select
        {{ as_text('variant_id') }} as variant_id,
        {{ as_text('test_id') }} as test_id,
        {{ as_text('variant_name') }} as variant_name,
        {{ as_text('element_type') }} as element_type,
        {{ as_json('content') }} as content,
        {{ as_text('expected_metric') }} as expected_metric,
        {{ as_integer('impressions') }} as impressions,
        {{ as_integer('engagement_actions') }} as engagement_actions,
        {{ as_integer('consultation_requests') }} as consultation_requests,
        {{ as_double('engagement_rate') }} as engagement_rate,
        {{ as_double('consultation_conversion') }} as consultation_conversion,
        {{ as_integer('sample_size') }} as sample_size,
        {{ as_double('confidence_level') }} as confidence_level,
        {{ as_boolean('is_winner') }} as is_winner,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'ab_testing' as source_database
    from {{ source('ab_testing', 'test_variants') }}
)

select * from typed
