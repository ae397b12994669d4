with variants as (
    select
        variants.variant_id,
        variants.test_id,
        tests.test_name,
        tests.status,
        variants.variant_name,
        variants.impressions,
        variants.engagement_actions,
        variants.consultation_requests,
        variants.sample_size,
        variants.sample_size >= tests.minimum_sample_size as has_enough_data,
        variants.is_winner,
        variants.engagement_actions::double precision / nullif(variants.impressions, 0) as engagement_rate,
        variants.consultation_requests::double precision / nullif(variants.impressions, 0) as consultation_rate
    from {{ ref('test_variants') }} as variants
    left join {{ ref('ab_tests') }} as tests
        on variants.test_id = tests.test_id
),

assignments as (
    select
        variant_id,
        count(distinct post_id) as assigned_posts
    from {{ ref('test_assignments') }}
    group by variant_id
),

ranked as (
    select
        variant_id,
        rank() over (
            partition by test_id
            order by consultation_rate desc nulls last, engagement_rate desc nulls last
        ) as rank_in_test,
        max(engagement_rate) over (partition by test_id) as best_engagement_rate
    from variants
),

final as (
    select
        variants.variant_id,
        variants.test_id,
        variants.test_name,
        variants.status,
        variants.variant_name,
        coalesce(assignments.assigned_posts, 0) as assigned_posts,
        variants.impressions,
        variants.engagement_actions,
        variants.consultation_requests,
        variants.engagement_rate,
        variants.consultation_rate,
        ranked.rank_in_test,
        variants.engagement_rate - ranked.best_engagement_rate as behind_best_engagement_rate,
        variants.sample_size,
        variants.has_enough_data,
        variants.is_winner
    from variants
    inner join ranked
        on variants.variant_id = ranked.variant_id
    left join assignments
        on variants.variant_id = assignments.variant_id
)

select * from final
