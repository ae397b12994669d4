with typed as (
    select
        {{ as_text('scoring_id') }} as scoring_id,
        {{ as_text('lead_id') }} as lead_id,
        {{ as_integer('company_size_score') }} as company_size_score,
        {{ as_integer('role_authority_score') }} as role_authority_score,
        {{ as_double('engagement_score') }} as engagement_score,
        {{ as_json('urgency_indicators') }} as urgency_indicators,
        {{ as_double('content_consumption_score') }} as content_consumption_score,
        {{ as_integer('social_proof_score') }} as social_proof_score,
        {{ as_integer('budget_authority_score') }} as budget_authority_score,
        {{ as_integer('total_score') }} as total_score,
        {{ as_text('segment_classification') }} as segment_classification,
        {{ as_utc('updated_at') }} as updated_at,
        _source_row,
        'revenue_acceleration' as source_database
    from {{ source('revenue_acceleration', 'lead_scoring_factors') }}
)

select * from typed
