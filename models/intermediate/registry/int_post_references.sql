with final as (
    select
        post_id,
        source_database,
        'test_assignments' as source_table
    from {{ ref('stg_ab_testing__test_assignments') }}
    where post_id is not null
    union all
    select
        source_post_id as post_id,
        source_database,
        'business_pipeline' as source_table
    from {{ ref('stg_content_analytics__business_pipeline') }}
    where source_post_id is not null
    union all
    select
        post_id,
        source_database,
        'content_analysis' as source_table
    from {{ ref('stg_optimized_performance_analytics__content_analysis') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'performance_predictions' as source_table
    from {{ ref('stg_optimized_performance_analytics__performance_predictions') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'content_analysis' as source_table
    from {{ ref('stg_performance_analytics__content_analysis') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'performance_predictions' as source_table
    from {{ ref('stg_performance_analytics__performance_predictions') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'content_insights' as source_table
    from {{ ref('stg_synapse_content_intelligence__content_insights') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'twitter_posts' as source_table
    from {{ ref('stg_twitter_analytics__twitter_posts') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'twitter_threads' as source_table
    from {{ ref('stg_twitter_analytics__twitter_threads') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'platform_adaptations' as source_table
    from {{ ref('stg_unified_content_management__platform_adaptations') }}
    where post_id is not null
    union all
    select
        source_post_id as post_id,
        source_database,
        'consultation_inquiries' as source_table
    from {{ ref('stg_week3_business_development__consultation_inquiries') }}
    where source_post_id is not null
)

select * from final
