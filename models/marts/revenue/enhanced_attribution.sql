with final as (
    select
        attribution_id,
        customer_id,
        revenue_amount,
        content_touchpoints,
        conversion_path,
        customer_segment,
        product_purchased,
        sales_cycle_days,
        attribution_weights,
        recorded_at,
        source_database
    from {{ ref('stg_revenue_acceleration__enhanced_attribution') }}
)

select * from final
