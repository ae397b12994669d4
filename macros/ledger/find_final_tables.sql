{% macro find_final_tables() %}
    {#- One row per raw table that a table of analytics carries. -#}
    {% for entry in source_lineage() if entry.final %}
    select
        {{ quote_text(entry.source.source_name) }} as source_database,
        {{ quote_text(entry.source.identifier) }} as source_table,
        {{ quote_text(entry.final.alias) }} as final_table
    {{ 'union' if not loop.last }}
    {% else %}
    select
        null::text as source_database,
        null::text as source_table,
        null::text as final_table
    where false
    {% endfor %}
{% endmacro %}
