with typed as (
    select
        {{ as_text('performance_id') }} as performance_id,
        {{ as_text('product_id') }} as product_id,
        {{ as_text('product_name') }} as product_name,
        {{ as_double('price_point') }} as price_point,
        {{ as_integer('monthly_sales') }} as monthly_sales,
        {{ as_double('conversion_rate') }} as conversion_rate,
        {{ as_double('customer_ltv') }} as customer_ltv,
        {{ as_double('churn_rate') }} as churn_rate,
        {{ as_double('growth_rate') }} as growth_rate,
        {{ as_text('month_year') }} as month_year,
        {{ as_utc('recorded_at') }} as recorded_at,
        _source_row,
        'revenue_acceleration' as source_database
    from {{ source('revenue_acceleration', 'product_performance') }}
)

select * from typed
