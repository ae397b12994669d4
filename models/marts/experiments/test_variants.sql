with final as (
    select
        variant_id,
        test_id,
        variant_name,
        element_type,
        content,
        expected_metric,
        impressions,
        engagement_actions,
        consultation_requests,
        engagement_rate,
        consultation_conversion,
        sample_size,
        confidence_level,
        is_winner,
        created_at,
        source_database
    from {{ ref('stg_ab_testing__test_variants') }}
)

select * from final
