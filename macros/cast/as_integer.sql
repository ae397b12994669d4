{% macro as_integer(column) -%}
    {{ cast_where(column, "^(0|-?[1-9][0-9]{0,18})$", 'bigint') }}
{%- endmacro %}
