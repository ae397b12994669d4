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

outcomes as (
    select
        test_id,
        variant_id,
        'engagement' as outcome,
        engagement_rate as rate,
        engagement_actions as successes,
        impressions as trials
    from variants
    union all
    select
        test_id,
        variant_id,
        'consultation' as outcome,
        consultation_rate as rate,
        consultation_requests as successes,
        impressions as trials
    from variants
),

-- A variant that names no test is compared with none.
placed as (
    select
        variant_id,
        outcome,
        successes,
        trials,
        row_number() over best_first as place,
        first_value(successes) over best_first as leader_successes,
        first_value(trials) over best_first as leader_trials,
        lead(successes) over best_first as next_successes,
        lead(trials) over best_first as next_trials
    from outcomes
    where test_id is not null
    window best_first as (partition by test_id, outcome order by rate desc nulls last, variant_id asc)
),

pairs as (
    select
        variant_id,
        outcome,
        leader_successes,
        leader_trials,
        case when place = 1 then next_successes else successes end as other_successes,
        case when place = 1 then next_trials else trials end as other_trials
    from placed
),

leads as (
    select
        variant_id,
        outcome,
        {{ lead_by_chance('leader_successes', 'leader_trials', 'other_successes', 'other_trials') }} as by_chance
    from pairs
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
        {{ wilson_bound('variants.engagement_actions', 'variants.impressions', 'low') }} as engagement_rate_low,
        {{ wilson_bound('variants.engagement_actions', 'variants.impressions', 'high') }} as engagement_rate_high,
        variants.consultation_rate,
        {{ wilson_bound('variants.consultation_requests', 'variants.impressions', 'low') }} as consultation_rate_low,
        {{ wilson_bound('variants.consultation_requests', 'variants.impressions', 'high') }} as consultation_rate_high,
        ranked.rank_in_test,
        variants.engagement_rate - ranked.best_engagement_rate as behind_best_engagement_rate,
        engagement_leads.by_chance as engagement_lead_by_chance,
        consultation_leads.by_chance as consultation_lead_by_chance,
        variants.sample_size,
        variants.has_enough_data,
        variants.is_winner
    from variants
    inner join ranked
        on variants.variant_id = ranked.variant_id
    left join assignments
        on variants.variant_id = assignments.variant_id
    left join leads as engagement_leads
        on variants.variant_id = engagement_leads.variant_id and engagement_leads.outcome = 'engagement'
    left join leads as consultation_leads
        on variants.variant_id = consultation_leads.variant_id and consultation_leads.outcome = 'consultation'
)

select * from final
