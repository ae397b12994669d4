with final as (
    select
        assignment_id,
        test_id,
        variant_id,
        post_id,
        assigned_at,
        source_database
    from {{ ref('stg_ab_testing__test_assignments') }}
)

select * from final
