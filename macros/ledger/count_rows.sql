{% macro count_rows(node, condition='true') -%}
    {%- if node -%}
        {%- set relation = quote_column(node.schema) ~ '.' ~ quote_column(node.identifier or node.alias) -%}
        {{ target.schema }}.count_rows({{ quote_text(relation) }}, {{ quote_text(condition) }})
    {%- else -%}
        null::bigint
    {%- endif -%}
{%- endmacro %}
