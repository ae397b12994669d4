with channel_inquiries as (
    select
        pipeline.inquiry_id as deal_id,
        'business_pipeline' as recorded_in,
        case
            when posts.platform is not null then posts.platform
            when week3_posts.post_id is not null then 'campaign'
            else 'unknown'
        end as lead_source,
        pipeline.status::text as status,
        pipeline.project_value as deal_value,
        null::double precision as confidence_score
    from {{ ref('business_pipeline') }} as pipeline
    left join {{ ref('posts') }} as posts
        on pipeline.source_post_id = posts.post_id
    left join {{ ref('week3_posts') }} as week3_posts
        on pipeline.source_post_id = week3_posts.post_id
),

campaign_inquiries as (
    select
        inquiry_id as deal_id,
        'consultation_inquiries' as recorded_in,
        'campaign' as lead_source,
        status::text as status,
        estimated_value as deal_value,
        null::double precision as confidence_score
    from {{ ref('consultation_inquiries') }}
),

opportunities as (
    select
        opportunities.opportunity_id as deal_id,
        'revenue_opportunities' as recorded_in,
        coalesce(spellings.platform, opportunities.lead_source) as lead_source,
        opportunities.status::text as status,
        opportunities.revenue_potential as deal_value,
        opportunities.confidence_score
    from {{ ref('revenue_opportunities') }} as opportunities
    left join {{ ref('platform_spellings') }} as spellings
        on opportunities.lead_source = spellings.spelling
),

deals as (
    select
        deal_id,
        recorded_in,
        lead_source,
        status,
        deal_value,
        confidence_score
    from channel_inquiries
    union all
    select
        deal_id,
        recorded_in,
        lead_source,
        status,
        deal_value,
        confidence_score
    from campaign_inquiries
    union all
    select
        deal_id,
        recorded_in,
        lead_source,
        status,
        deal_value,
        confidence_score
    from opportunities
),

staged as (
    select
        deal_id,
        recorded_in,
        lead_source,
        case
            when status in ('won', 'closed_won') then 'won'
            when status in ('lost', 'closed_lost') then 'lost'
            when status is null then 'unknown'
            else 'open'
        end as stage,
        deal_value,
        confidence_score
    from deals
),

final as (
    select
        recorded_in,
        lead_source,
        stage,
        count(*) as deals,
        count(deal_value) as valued_deals,
        coalesce(sum(deal_value order by deal_id), 0) as deal_value,
        sum(deal_value * confidence_score order by deal_id) as expected_value
    from staged
    group by recorded_in, lead_source, stage
)

select * from final
