with final as (
    select
        content_id,
        source_database,
        'consultation_predictions' as source_table
    from {{ ref('stg_advanced_graph_rag_analytics__consultation_predictions') }}
    where content_id is not null
    union all
    select
        content_id,
        source_database,
        'attribution_tracking' as source_table
    from {{ ref('stg_cross_platform_analytics__attribution_tracking') }}
    where content_id is not null
    union all
    select
        content_id,
        source_database,
        'conversion_paths' as source_table
    from {{ ref('stg_cross_platform_analytics__conversion_paths') }}
    where content_id is not null
    union all
    select
        content_id,
        source_database,
        'cross_platform_performance' as source_table
    from {{ ref('stg_cross_platform_analytics__cross_platform_performance') }}
    where content_id is not null
    union all
    select
        content_id,
        source_database,
        'platform_interactions' as source_table
    from {{ ref('stg_cross_platform_analytics__platform_interactions') }}
    where content_id is not null
    union all
    select
        content_id,
        source_database,
        'content_strategies' as source_table
    from {{ ref('stg_unified_content_management__content_strategies') }}
    where content_id is not null
    union all
    select
        content_id,
        source_database,
        'cross_platform_metrics' as source_table
    from {{ ref('stg_unified_content_management__cross_platform_metrics') }}
    where content_id is not null
    union all
    select
        content_id,
        source_database,
        'platform_adaptations' as source_table
    from {{ ref('stg_unified_content_management__platform_adaptations') }}
    where content_id is not null
)

select * from final
