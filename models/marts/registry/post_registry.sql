with known as (
    select
        post_id,
        source_database || '.' || source_table as place
    from {{ ref('int_known_posts') }}
),

referred as (
    select
        post_id,
        source_database || '.' || source_table as place
    from {{ ref('int_post_references') }}
),

known_places as (
    select
        post_id,
        array_agg(distinct place order by place) as known_in
    from known
    group by post_id
),

referring_places as (
    select
        post_id,
        array_agg(distinct place order by place) as referred_from,
        count(*) as reference_count
    from referred
    group by post_id
),

final as (
    select
        coalesce(known_places.post_id, referring_places.post_id) as post_id,
        known_places.known_in is null as is_inferred,
        coalesce(known_places.known_in, '{}') as known_in,
        coalesce(referring_places.referred_from, '{}') as referred_from,
        coalesce(referring_places.reference_count, 0) as reference_count
    from known_places
    full outer join referring_places
        on known_places.post_id = referring_places.post_id
)

select * from final
