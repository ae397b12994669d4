with final as (
    select
        analysis_id,
        audience_segment,
        content_preferences,
        engagement_patterns,
        business_potential,
        recommendations,
        updated_at,
        source_database
    from {{ ref('stg_synapse_content_intelligence__audience_intelligence') }}
)

select * from final
