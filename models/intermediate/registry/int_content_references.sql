with final as (
    {{ union_references('content_id', [
        ('consultation_predictions', ref('stg_advanced_graph_rag_analytics__consultation_predictions'), 'content_id'),
        ('attribution_tracking', ref('stg_cross_platform_analytics__attribution_tracking'), 'content_id'),
        ('conversion_paths', ref('stg_cross_platform_analytics__conversion_paths'), 'content_id'),
        ('cross_platform_performance', ref('stg_cross_platform_analytics__cross_platform_performance'), 'content_id'),
        ('platform_interactions', ref('stg_cross_platform_analytics__platform_interactions'), 'content_id'),
        ('content_strategies', ref('stg_unified_content_management__content_strategies'), 'content_id'),
        ('cross_platform_metrics', ref('stg_unified_content_management__cross_platform_metrics'), 'content_id'),
        ('platform_adaptations', ref('stg_unified_content_management__platform_adaptations'), 'content_id'),
    ]) }}
)

select * from final
