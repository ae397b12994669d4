with final as (
    {{ union_references('post_id', [
        ('posts', ref('stg_content_analytics__posts'), 'post_id'),
        ('week3_posts', ref('stg_week3_business_development__week3_posts'), 'post_id'),
    ]) }}
)

select * from final
