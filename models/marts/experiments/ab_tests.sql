with final as (
    select
        test_id,
        test_name,
        hypothesis,
        element_type,
        start_date,
        end_date,
        status,
        traffic_split,
        minimum_sample_size,
        confidence_threshold,
        winning_variant,
        improvement_rate,
        statistical_significance,
        created_at,
        now() as warehouse_updated_at,
        source_database
    from {{ ref('stg_ab_testing__ab_tests') }}
)

select * from final
