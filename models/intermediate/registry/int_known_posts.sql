with final as (
    select
        post_id,
        source_database,
        'posts' as source_table
    from {{ ref('stg_content_analytics__posts') }}
    where post_id is not null
    union all
    select
        post_id,
        source_database,
        'week3_posts' as source_table
    from {{ ref('stg_week3_business_development__week3_posts') }}
    where post_id is not null
)

select * from final
