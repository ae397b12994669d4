with final as (
    select
        platform_interactions.interaction_id,
        platform_interactions.user_id,
        coalesce(from_spellings.platform, platform_interactions.from_platform) as from_platform,
        coalesce(to_spellings.platform, platform_interactions.to_platform) as to_platform,
        platform_interactions.content_id,
        platform_interactions.interaction_type,
        platform_interactions.time_between_seconds,
        platform_interactions.recorded_at,
        platform_interactions.source_database
    from {{ ref('stg_cross_platform_analytics__platform_interactions') }} as platform_interactions
    left join {{ ref('platform_spellings') }} as from_spellings
        on platform_interactions.from_platform = from_spellings.spelling
    left join {{ ref('platform_spellings') }} as to_spellings
        on platform_interactions.to_platform = to_spellings.spelling
)

select * from final
