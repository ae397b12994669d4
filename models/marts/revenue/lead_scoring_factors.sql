with final as (
    select
        scoring_id,
        lead_id,
        company_size_score,
        role_authority_score,
        engagement_score,
        urgency_indicators,
        content_consumption_score,
        social_proof_score,
        budget_authority_score,
        total_score,
        segment_classification,
        updated_at,
        source_database
    from {{ ref('stg_revenue_acceleration__lead_scoring_factors') }}
)

select * from final
