with final as (
    select
        opportunity_id,
        lead_source,
        customer_segment,
        revenue_potential,
        confidence_score,
        qualification_score,
        engagement_history,
        recommended_offering,
        next_action,
        status,
        created_at,
        updated_at,
        now() as warehouse_updated_at,
        source_database
    from {{ ref('stg_revenue_acceleration__revenue_opportunities') }}
)

select * from final
