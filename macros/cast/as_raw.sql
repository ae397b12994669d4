{% macro as_raw(column) -%}
    {{ quote_column(column) }}
{%- endmacro %}
