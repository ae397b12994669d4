{% macro create_trigram_index(column) %}
    {% if execute %}
        {% set extension = run_query("select extnamespace::regnamespace from pg_extension where extname = 'pg_trgm'") %}
        {% set index = run_query(
            "select indexname from pg_indexes where schemaname = '" ~ this.schema ~ "' and tablename = '" ~ this.identifier ~ "'"
            " and indexdef like '%gin_trgm_ops%'"
        ) %}
        {#- Left unnamed: during a full refresh the name still belongs to the old table. -#}
        {% if extension and not index %}
            create index on {{ this }} using gin ({{ quote_column(column) }} {{ extension.rows[0][0] }}.gin_trgm_ops)
        {% endif %}
    {% endif %}
{% endmacro %}
