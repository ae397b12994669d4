{% macro count_table_rows(lineage) %}
    {#- One row per raw table: its rows in SQLite, raw, staging and final, and how many refer to what nobody knows. -#}
    {% for entry in lineage %}
    select
        '{{ entry.source.source_name }}' as source_database,
        {{ quote_text(entry.source.identifier) }} as source_table,
        {{ "'" ~ entry.final.name ~ "'" if entry.final else 'null' }} as final_table,
        {{ count_rows(entry.source) }} as raw_rows,
        {{ count_rows(entry.staging) }} as staged_rows,
        {{ count_rows(entry.final, "source_database = '" ~ entry.source.source_name ~ "'") }} as final_rows,
        {{ count_orphans(entry.source) }} as orphans
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        null::text as source_database,
        null::text as source_table,
        null::text as final_table,
        null::bigint as raw_rows,
        null::bigint as staged_rows,
        null::bigint as final_rows,
        null::bigint as orphans
    where false
    {% endfor %}
{% endmacro %}
