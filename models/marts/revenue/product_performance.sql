with final as (
    select
        performance_id,
        product_id,
        product_name,
        price_point,
        monthly_sales,
        conversion_rate,
        customer_ltv,
        churn_rate,
        growth_rate,
        month_year,
        recorded_at,
        source_database
    from {{ ref('stg_revenue_acceleration__product_performance') }}
)

select * from final
