with typed as (
    select
        {{ as_text('test_id') }} as test_id,
        {{ as_text('test_name') }} as test_name,
        {{ as_text('hypothesis') }} as hypothesis,
        {{ as_text('element_type') }} as element_type,
        {{ as_local_time('start_date') }} as start_date,
        {{ as_local_time('end_date') }} as end_date,
        {{ as_enum('status', 'ab_test_status') }} as status,
        {{ as_double('traffic_split') }} as traffic_split,
        {{ as_integer('minimum_sample_size') }} as minimum_sample_size,
        {{ as_double('confidence_threshold') }} as confidence_threshold,
        {{ as_text('winning_variant') }} as winning_variant,
        {{ as_double('improvement_rate') }} as improvement_rate,
        {{ as_double('statistical_significance') }} as statistical_significance,
        {{ as_utc('created_at') }} as created_at,
        _source_row,
        'ab_testing' as source_database
    from {{ source('ab_testing', 'ab_tests') }}
)

select * from typed
