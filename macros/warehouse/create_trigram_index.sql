{% macro create_trigram_index(column) %}
    {% if execute %}
        {% set extension = run_query("select extnamespace::regnamespace from pg_extension where extname = 'pg_trgm'") %}
        {% if extension %}
            create index if not exists {{ this.identifier }}_{{ column }}_trigram
            on {{ this }} using gin ({{ quote_column(column) }} {{ extension.rows[0][0] }}.gin_trgm_ops)
        {% endif %}
    {% endif %}
{% endmacro %}
