with final as (
    select
        attribution_tracking.tracking_id,
        attribution_tracking.content_id,
        coalesce(spellings.platform, attribution_tracking.platform) as platform,
        attribution_tracking.touchpoint,
        attribution_tracking.user_id,
        attribution_tracking.session_id,
        attribution_tracking.timestamp,
        attribution_tracking.value,
        attribution_tracking.metadata,
        attribution_tracking.processed,
        attribution_tracking.source_database
    from {{ ref('stg_cross_platform_analytics__attribution_tracking') }} as attribution_tracking
    left join {{ ref('platform_spellings') }} as spellings
        on attribution_tracking.platform = spellings.spelling
)

select * from final
