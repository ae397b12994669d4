{% macro count_rows(node, condition='true') -%}
    {%- if node -%}
        {%- set relation = node.schema ~ '.' ~ quote_column(node.identifier or node.alias) -%}
        {{ target.schema }}.count_rows($n${{ relation }}$n$, $n${{ condition }}$n$)
    {%- else -%}
        null::bigint
    {%- endif -%}
{%- endmacro %}
