{% macro count_rows(relation, condition='true') -%}
    {%- if relation -%}
        {{ quote_column(target.schema) }}.count_rows({{ quote_text(relation) }}, {{ quote_text(condition) }})
    {%- else -%}
        null::bigint
    {%- endif -%}
{%- endmacro %}
