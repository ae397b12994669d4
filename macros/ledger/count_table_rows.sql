{% macro count_table_rows(lineage) %}
    {#- One row per raw table: its rows in SQLite, raw, staging and final. -#}
    {% for entry in lineage %}
    select
        '{{ entry.source.source_name }}' as source_database,
        $n${{ entry.source.name }}$n$ as source_table,
        {{ "'" ~ entry.final.name ~ "'" if entry.final else 'null' }} as final_table,
        {{ count_rows(entry.source) }} as raw_rows,
        {{ count_rows(entry.staging) }} as staged_rows,
        {{ count_rows(entry.final, "source_database = '" ~ entry.source.source_name ~ "'") }} as final_rows
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
