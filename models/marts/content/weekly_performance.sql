with final as (
    select
        week_number,
        start_date,
        quarter,
        theme,
        total_posts,
        total_views,
        total_engagement,
        avg_engagement_rate,
        total_profile_views,
        total_connections,
        total_inquiries,
        total_discovery_calls,
        best_performing_post,
        best_engagement_rate,
        optimal_posting_time,
        created_at,
        source_database
    from {{ ref('stg_content_analytics__weekly_performance') }}
)

select * from final
