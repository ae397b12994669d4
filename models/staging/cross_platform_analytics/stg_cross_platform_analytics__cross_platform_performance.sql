with typed as (
    select
        {{ as_text('performance_id') }} as performance_id,
        {{ as_text('content_id') }} as content_id,
        {{ as_text('platform') }} as platform,
        {{ as_date('date') }} as date,
        {{ as_integer('impressions') }} as impressions,
        {{ as_integer('clicks') }} as clicks,
        {{ as_integer('engagements') }} as engagements,
        {{ as_integer('conversions') }} as conversions,
        {{ as_double('revenue') }} as revenue,
        {{ as_integer('assisted_conversions') }} as assisted_conversions,
        {{ as_double('attribution_revenue') }} as attribution_revenue,
        {{ as_utc('calculated_at') }} as calculated_at,
        _source_row,
        'cross_platform_analytics' as source_database
    from {{ source('cross_platform_analytics', 'cross_platform_performance') }}
)

select * from typed
