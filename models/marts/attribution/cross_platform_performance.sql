with final as (
    select
        cross_platform_performance.performance_id,
        cross_platform_performance.content_id,
        coalesce(spellings.platform, cross_platform_performance.platform) as platform,
        cross_platform_performance.date,
        cross_platform_performance.impressions,
        cross_platform_performance.clicks,
        cross_platform_performance.engagements,
        cross_platform_performance.conversions,
        cross_platform_performance.revenue,
        cross_platform_performance.assisted_conversions,
        cross_platform_performance.attribution_revenue,
        cross_platform_performance.calculated_at,
        cross_platform_performance.source_database
    from {{ ref('stg_cross_platform_analytics__cross_platform_performance') }} as cross_platform_performance
    left join {{ ref('platform_spellings') }} as spellings
        on cross_platform_performance.platform = spellings.spelling
)

select * from final
