{% macro create_count_table_rows() %}
    {#- The function that row_ledger selects from. It counts with the rights of its owner, so that readers of analytics
        see how many rows raw has without the right to read them. It takes no argument, so they can do nothing else with
        it. -#}
    {% if execute %}
        {% set name = quote_column(this.schema) ~ '.count_table_rows()' %}
        {% set columns = 'source_database text, source_table text, final_table text, raw_rows bigint, staged_rows bigint,'
            ' final_rows bigint, orphans bigint' %}
        {% set result = 'TABLE(' ~ columns ~ ')' %}
        {% set present = run_query('select pg_get_function_result(to_regprocedure(' ~ quote_text(name) ~ '))').rows[0][0] %}
        {% if present and present != result %}
            {#- Its columns changed, which `or replace` refuses. The row ledger is dropped with it, and made next. -#}
            {% do run_query('drop function ' ~ name ~ ' cascade') %}
        {% endif %}
        create or replace function {{ name }} returns {{ result }}
        language sql stable parallel {{ parallel_safety() }} security definer set search_path = pg_catalog, pg_temp
        as {{ quote_text(count_table_rows(source_lineage())) }}
    {% endif %}
{% endmacro %}
