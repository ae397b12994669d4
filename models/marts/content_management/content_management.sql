with pieces as (
    select
        content_id,
        business_objective,
        target_audience,
        created_at,
        updated_at,
        source_database
    from {{ ref('content_pieces') }}
),

adaptations as (
    select
        content_id,
        array_agg(distinct platform order by platform) as platforms,
        count(*) as adaptation_count,
        -- an enum sorts in the order of its process
        min(status) as least_advanced_status,
        min(scheduled_time) as first_scheduled_at
    from {{ ref('platform_adaptations') }}
    group by content_id
),

latest_strategies as (
    select distinct on (content_id)
        content_id,
        strategy_id,
        primary_platform,
        cross_promotion
    from {{ ref('content_strategies') }}
    order by content_id asc, created_at desc nulls last, strategy_id asc
),

-- Counters on a platform only grow, so the latest measurement holds the earlier ones.
latest_metrics as (
    select distinct on (content_id, platform)
        content_id,
        impressions,
        engagement,
        clicks,
        conversions
    from {{ ref('cross_platform_metrics') }}
    order by content_id asc, platform asc, recorded_at desc nulls last, metric_id asc
),

metrics as (
    select
        content_id,
        sum(impressions)::bigint as impressions,
        sum(engagement)::bigint as engagement,
        sum(clicks)::bigint as clicks,
        sum(conversions)::bigint as conversions
    from latest_metrics
    group by content_id
),

final as (
    select
        pieces.content_id,
        pieces.business_objective,
        pieces.target_audience,
        coalesce(adaptations.platforms, '{}') as platforms,
        coalesce(adaptations.adaptation_count, 0) as adaptation_count,
        adaptations.least_advanced_status as status,
        adaptations.first_scheduled_at,
        latest_strategies.strategy_id,
        latest_strategies.primary_platform,
        latest_strategies.cross_promotion,
        metrics.impressions,
        metrics.engagement,
        metrics.clicks,
        metrics.conversions,
        metrics.engagement::double precision / nullif(metrics.impressions, 0) as engagement_rate,
        pieces.created_at,
        pieces.updated_at,
        now() as warehouse_updated_at,
        pieces.source_database
    from pieces
    left join adaptations
        on pieces.content_id = adaptations.content_id
    left join latest_strategies
        on pieces.content_id = latest_strategies.content_id
    left join metrics
        on pieces.content_id = metrics.content_id
)

select * from final
