with typed as (
    select
        {{ as_text('opportunity_id') }} as opportunity_id,
        {{ as_text('lead_source') }} as lead_source,
        {{ as_text('customer_segment') }} as customer_segment,
        {{ as_double('revenue_potential') }} as revenue_potential,
        {{ as_double('confidence_score') }} as confidence_score,
        {{ as_integer('qualification_score') }} as qualification_score,
        {{ as_json('engagement_history') }} as engagement_history,
        {{ as_text('recommended_offering') }} as recommended_offering,
        {{ as_text('next_action') }} as next_action,
        {{ as_enum('status', 'opportunity_status') }} as status,
        {{ as_utc('created_at') }} as created_at,
        {{ as_utc('updated_at') }} as updated_at,
        _source_row,
        'revenue_acceleration' as source_database
    from {{ source('revenue_acceleration', 'revenue_opportunities') }}
)

select * from typed
