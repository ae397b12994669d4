with typed as (
    select
        {{ as_text('analysis_id') }} as analysis_id,
        {{ as_text('post_id') }} as post_id,
        {{ as_integer('word_count') }} as word_count,
        {{ as_text('hook_type') }} as hook_type,
        {{ as_text('cta_type') }} as cta_type,
        {{ as_text('topic_category') }} as topic_category,
        {{ as_integer('technical_depth') }} as technical_depth,
        {{ as_integer('business_focus') }} as business_focus,
        {{ as_integer('controversy_score') }} as controversy_score,
        {{ as_integer('emoji_count') }} as emoji_count,
        {{ as_integer('hashtag_count') }} as hashtag_count,
        {{ as_integer('question_count') }} as question_count,
        {{ as_boolean('personal_story') }} as personal_story,
        {{ as_integer('data_points') }} as data_points,
        {{ as_boolean('code_snippets') }} as code_snippets,
        {{ as_utc('analyzed_at') }} as analyzed_at,
        _source_row,
        'performance_analytics' as source_database
    from {{ source('performance_analytics', 'content_analysis') }}
)

select * from typed
