with deals as (
    select
        'business_pipeline' as recorded_in,
        case
            when posts.platform is not null then lower(posts.platform)
            when week3_posts.post_id is not null then 'campaign'
            else 'unknown'
        end as lead_source,
        status,
        project_value as deal_value,
        null as confidence_score
    from content_analytics.business_pipeline
    left join content_analytics.posts on source_post_id = posts.post_id
    left join week3_business_development.week3_posts on source_post_id = week3_posts.post_id
    union all
    select 'consultation_inquiries', 'campaign', status, estimated_value, null
    from week3_business_development.consultation_inquiries
    union all
    select 'revenue_opportunities', lower(lead_source), status, revenue_potential, confidence_score
    from revenue_acceleration.revenue_opportunities
)

select
    recorded_in,
    lead_source,
    case
        when status in ('won', 'closed_won') then 'won'
        when status in ('lost', 'closed_lost') then 'lost'
        when status is null then 'unknown'
        else 'open'
    end as stage,
    count(*) as deals,
    count(deal_value) as valued_deals,
    total(deal_value) as deal_value,
    sum(deal_value * confidence_score) as expected_value
from deals
group by recorded_in, lead_source, stage
order by recorded_in, lead_source, stage
