with typed as (
    select
        {{ as_text('metric_id') }} as metric_id,
        {{ as_text('content_id') }} as content_id,
        {{ as_text('platform') }} as platform,
        {{ as_integer('impressions') }} as impressions,
        {{ as_integer('engagement') }} as engagement,
        {{ as_integer('clicks') }} as clicks,
        {{ as_integer('conversions') }} as conversions,
        {{ as_double('engagement_rate') }} as engagement_rate,
        {{ as_double('ctr') }} as ctr,
        {{ as_double('conversion_rate') }} as conversion_rate,
        {{ as_utc('recorded_at') }} as recorded_at,
        _source_row,
        'unified_content_management' as source_database
    from {{ source('unified_content_management', 'cross_platform_metrics') }}
)

select * from typed
