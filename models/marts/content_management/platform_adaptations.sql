with final as (
    select
        platform_adaptations.adaptation_id,
        platform_adaptations.content_id,
        coalesce(spellings.platform, platform_adaptations.platform) as platform,
        platform_adaptations.adapted_content,
        platform_adaptations.scheduled_time,
        platform_adaptations.post_id,
        platform_adaptations.status,
        platform_adaptations.created_at,
        platform_adaptations.source_database
    from {{ ref('stg_unified_content_management__platform_adaptations') }} as platform_adaptations
    left join {{ ref('platform_spellings') }} as spellings
        on platform_adaptations.platform = spellings.spelling
)

select * from final
