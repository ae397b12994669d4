with final as (
    {{ union_references('post_id', [
        ('test_assignments', ref('stg_ab_testing__test_assignments'), 'post_id'),
        ('business_pipeline', ref('stg_content_analytics__business_pipeline'), 'source_post_id'),
        ('content_analysis', ref('stg_optimized_performance_analytics__content_analysis'), 'post_id'),
        ('performance_predictions', ref('stg_optimized_performance_analytics__performance_predictions'), 'post_id'),
        ('content_analysis', ref('stg_performance_analytics__content_analysis'), 'post_id'),
        ('performance_predictions', ref('stg_performance_analytics__performance_predictions'), 'post_id'),
        ('content_insights', ref('stg_synapse_content_intelligence__content_insights'), 'post_id'),
        ('twitter_posts', ref('stg_twitter_analytics__twitter_posts'), 'post_id'),
        ('twitter_threads', ref('stg_twitter_analytics__twitter_threads'), 'post_id'),
        ('platform_adaptations', ref('stg_unified_content_management__platform_adaptations'), 'post_id'),
        ('consultation_inquiries', ref('stg_week3_business_development__consultation_inquiries'), 'source_post_id'),
    ]) }}
)

select * from final
