with final as (
    select
        posts.post_id,
        posts.date,
        posts.day_of_week,
        posts.content_type,
        posts.signature_series,
        posts.headline,
        coalesce(spellings.platform, posts.platform) as platform,
        posts.posting_time,
        posts.views,
        posts.likes,
        posts.comments,
        posts.shares,
        posts.saves,
        posts.engagement_rate,
        posts.profile_views,
        posts.connection_requests,
        posts.consultation_inquiries,
        posts.discovery_calls,
        posts.click_through_rate,
        posts.comment_quality_score,
        posts.business_relevance_score,
        posts.created_at,
        now() as warehouse_updated_at,
        posts.source_database
    from {{ ref('stg_content_analytics__posts') }} as posts
    left join {{ ref('platform_spellings') }} as spellings
        on posts.platform = spellings.spelling
)

select * from final
