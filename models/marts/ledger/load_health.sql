-- The declared databases come from dbt's graph, which is empty while dbt parses.
{% set declared = [] %}
{% if execute %}
    {% for source in graph.sources.values() if source.schema.startswith('raw_') %}
        {% do declared.append(source.source_name) %}
    {% endfor %}
{% endif %}
with loads as (
    select
        source_database,
        load_id,
        finished_at,
        outcome,
        message,
        file_bytes
    from {{ ref('int_loads') }}
),

attempts as (
    select
        source_database,
        max(load_id) as latest_load_id,
        max(finished_at) filter (where outcome in ('loaded', 'unchanged')) as last_seen_at,
        max(finished_at) filter (where outcome = 'loaded') as last_loaded_at,
        count(*) filter (where outcome = 'failed' and finished_at > now() - interval '7 days') as failures_in_7_days
    from loads
    group by source_database
),

final as (
    select
        attempts.source_database,
        attempts.source_database = any(array[{{ quote_texts(declared | unique(case_sensitive=true) | sort) }}]::text[])
            as is_declared,
        attempts.last_seen_at,
        attempts.last_loaded_at,
        latest.finished_at as latest_attempt_at,
        latest.outcome as latest_outcome,
        latest.message as latest_message,
        attempts.failures_in_7_days,
        latest.file_bytes
    from attempts
    inner join loads as latest
        on
            attempts.source_database = latest.source_database
            and attempts.latest_load_id = latest.load_id
)

select * from final
