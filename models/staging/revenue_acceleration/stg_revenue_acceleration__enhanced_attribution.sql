with typed as (
    select
        {{ as_text('attribution_id') }} as attribution_id,
        {{ as_text('customer_id') }} as customer_id,
        {{ as_double('revenue_amount') }} as revenue_amount,
        {{ as_json('content_touchpoints') }} as content_touchpoints,
        {{ as_json('conversion_path') }} as conversion_path,
        {{ as_text('customer_segment') }} as customer_segment,
        {{ as_text('product_purchased') }} as product_purchased,
        {{ as_integer('sales_cycle_days') }} as sales_cycle_days,
        {{ as_json('attribution_weights') }} as attribution_weights,
        {{ as_utc('recorded_at') }} as recorded_at,
        _source_row,
        'revenue_acceleration' as source_database
    from {{ source('revenue_acceleration', 'enhanced_attribution') }}
)

select * from typed
