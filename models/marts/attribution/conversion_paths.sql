with final as (
    select
        path_id,
        user_id,
        content_id,
        touchpoints,
        conversion_value,
        conversion_type,
        journey_start,
        journey_end,
        attribution_weights,
        source_database
    from {{ ref('stg_cross_platform_analytics__conversion_paths') }}
)

select * from final
