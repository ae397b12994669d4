with steps as (
    select
        path_id,
        step.key as position,
        lower(step.value ->> '$.platform') as platform,
        lag(lower(step.value ->> '$.platform')) over (partition by path_id order by step.key) as previous_platform
    from cross_platform_analytics.conversion_paths
    cross join json_each(touchpoints) as step
),

journeys as (
    select
        path_id,
        group_concat(platform, ' > ') filter (
            where previous_platform is null or previous_platform <> platform
        ) as platform_path,
        count(*) as touchpoints
    from (select * from steps order by path_id, position)
    group by path_id
),

paths as (
    select
        platform_path,
        conversion_type,
        conversion_value,
        touchpoints,
        seconds,
        row_number() over (partition by platform_path, conversion_type order by seconds) as place,
        count(*) over (partition by platform_path, conversion_type) as conversions
    from (
        select
            journeys.platform_path,
            conversion_paths.conversion_type,
            conversion_paths.conversion_value,
            journeys.touchpoints,
            unixepoch(journey_end) - unixepoch(journey_start) as seconds
        from journeys
        inner join cross_platform_analytics.conversion_paths using (path_id)
    )
)

select
    platform_path,
    conversion_type,
    count(*) as conversions,
    sum(conversion_value) as conversion_value,
    avg(touchpoints) as average_touchpoints,
    avg(seconds) filter (where place in ((conversions + 1) / 2, (conversions + 2) / 2)) as median_seconds
from paths
group by platform_path, conversion_type
order by platform_path, conversion_type
