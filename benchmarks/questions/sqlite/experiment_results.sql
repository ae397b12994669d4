with rates as (
    select
        test_id,
        variant_id,
        1.0 * engagement_actions / nullif(impressions, 0) as engagement_rate,
        1.0 * consultation_requests / nullif(impressions, 0) as consultation_rate,
        sample_size
    from ab_testing.test_variants
),

ranked as (
    select
        *,
        rank() over (
            partition by test_id order by consultation_rate desc nulls last, engagement_rate desc nulls last
        ) as place
    from rates
)

select
    test_id,
    variant_id,
    engagement_rate,
    consultation_rate,
    (
        select count(distinct post_id)
        from ab_testing.test_assignments
        where test_assignments.variant_id = ranked.variant_id
    ) as assigned_posts
from ranked
inner join ab_testing.ab_tests using (test_id)
where place = 1 and sample_size >= minimum_sample_size
order by consultation_rate desc nulls first, engagement_rate desc nulls first, variant_id
limit 20
