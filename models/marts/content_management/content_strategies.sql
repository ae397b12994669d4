with final as (
    select
        content_strategies.strategy_id,
        content_strategies.content_id,
        coalesce(spellings.platform, content_strategies.primary_platform) as primary_platform,
        content_strategies.secondary_platforms,
        content_strategies.timing_strategy,
        content_strategies.adaptation_notes,
        content_strategies.cross_promotion,
        content_strategies.created_at,
        content_strategies.source_database
    from {{ ref('stg_unified_content_management__content_strategies') }} as content_strategies
    left join {{ ref('platform_spellings') }} as spellings
        on content_strategies.primary_platform = spellings.spelling
)

select * from final
