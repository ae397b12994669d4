with final as (
    select
        post_id,
        date,
        day,
        title,
        series,
        posting_time,
        business_dev_focus,
        target_consultation_type,
        views,
        likes,
        comments,
        shares,
        saves,
        engagement_rate,
        profile_views,
        connection_requests,
        consultation_inquiries,
        created_at,
        source_database
    from {{ ref('stg_week3_business_development__week3_posts') }}
)

select * from final
