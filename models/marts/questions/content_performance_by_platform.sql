with channel_posts as (
    select
        post_id,
        platform,
        headline as title,
        date as published_on,
        views,
        likes + comments + shares + saves as engagements,
        consultation_inquiries as inquiries
    from {{ ref('posts') }}
),

-- The campaign's table does not say where its posts appeared.
campaign_posts as (
    select
        post_id,
        'unknown' as platform,
        title,
        date as published_on,
        views,
        likes + comments + shares + saves as engagements,
        consultation_inquiries as inquiries
    from {{ ref('week3_posts') }}
),

tweeted_posts as (
    select
        post_id,
        'twitter' as platform,
        null as title,
        min(posted_at at time zone '{{ var("application_timezone") }}')::date as published_on,
        sum(impressions)::bigint as views,
        sum(total_engagements)::bigint as engagements,
        null::bigint as inquiries
    from {{ ref('twitter_analytics') }}
    group by post_id
),

appearances as (
    select
        post_id,
        platform,
        title,
        published_on,
        views,
        engagements,
        inquiries
    from channel_posts
    union all
    select
        post_id,
        platform,
        title,
        published_on,
        views,
        engagements,
        inquiries
    from campaign_posts
    union all
    select
        post_id,
        platform,
        title,
        published_on,
        views,
        engagements,
        inquiries
    from tweeted_posts
),

final as (
    select
        appearances.post_id,
        appearances.platform,
        max(appearances.title) as title,
        min(appearances.published_on) as published_on,
        sum(appearances.views)::bigint as views,
        sum(appearances.engagements)::bigint as engagements,
        sum(appearances.engagements)::double precision / nullif(sum(appearances.views), 0) as engagement_rate,
        sum(appearances.inquiries)::bigint as inquiries,
        bool_or(post_registry.is_inferred) as is_inferred
    from appearances
    inner join {{ ref('post_registry') }} as post_registry
        on appearances.post_id = post_registry.post_id
    group by appearances.post_id, appearances.platform
)

select * from final
