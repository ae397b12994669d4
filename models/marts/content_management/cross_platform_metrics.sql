with final as (
    select
        cross_platform_metrics.metric_id,
        cross_platform_metrics.content_id,
        coalesce(spellings.platform, cross_platform_metrics.platform) as platform,
        cross_platform_metrics.impressions,
        cross_platform_metrics.engagement,
        cross_platform_metrics.clicks,
        cross_platform_metrics.conversions,
        cross_platform_metrics.engagement_rate,
        cross_platform_metrics.ctr,
        cross_platform_metrics.conversion_rate,
        cross_platform_metrics.recorded_at,
        cross_platform_metrics.source_database
    from {{ ref('stg_unified_content_management__cross_platform_metrics') }} as cross_platform_metrics
    left join {{ ref('platform_spellings') }} as spellings
        on cross_platform_metrics.platform = spellings.spelling
)

select * from final
