with typed as (
    select
        {{ as_text('path_id') }} as path_id,
        {{ as_text('user_id') }} as user_id,
        {{ as_text('content_id') }} as content_id,
        {{ as_json('touchpoints') }} as touchpoints,
        {{ as_double('conversion_value') }} as conversion_value,
        {{ as_text('conversion_type') }} as conversion_type,
        {{ as_utc('journey_start') }} as journey_start,
        {{ as_utc('journey_end') }} as journey_end,
        {{ as_json('attribution_weights') }} as attribution_weights,
        _source_row,
        'cross_platform_analytics' as source_database
    from {{ source('cross_platform_analytics', 'conversion_paths') }}
)

select * from typed
