{% macro count_table_rows(lineage, with_orphans=true) %}
    {#- For each raw table: the number of its rows in raw, in staging and in the final table and, if wanted, how many
        refer to what no database holds. -#}
    {% for entry in lineage %}
    {% set database = quote_text(entry.source.source_name) %}
    select
        {{ database }} as source_database,
        {{ quote_text(entry.source.identifier) }} as source_table,
        {{ quote_text(entry.final.alias) if entry.final else 'null' }} as final_table,
        {{ count_rows(relation_of(entry.source)) }} as raw_rows,
        {{ count_rows(relation_of(entry.staging) if entry.staging) }} as staged_rows,
        {{ count_rows(relation_of(entry.final) if entry.final, "source_database = " ~ database) }} as final_rows,
        {{ count_orphans(entry.source) if with_orphans else 'null::bigint' }} as orphans
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
