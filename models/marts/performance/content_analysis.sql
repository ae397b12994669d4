with final as (
    select
        analysis_id,
        post_id,
        word_count,
        hook_type,
        cta_type,
        topic_category,
        technical_depth,
        business_focus,
        controversy_score,
        emoji_count,
        hashtag_count,
        question_count,
        personal_story,
        data_points,
        code_snippets,
        analyzed_at,
        source_database
    from {{ ref('stg_performance_analytics__content_analysis') }}

    union all

    select
        analysis_id,
        post_id,
        word_count,
        hook_type,
        cta_type,
        topic_category,
        technical_depth,
        business_focus,
        controversy_score,
        emoji_count,
        hashtag_count,
        question_count,
        personal_story,
        data_points,
        code_snippets,
        analyzed_at,
        source_database
    from {{ ref('stg_optimized_performance_analytics__content_analysis') }}
)

select * from final
