{% macro as_date(column) -%}
    {{ cast_where(column, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 'date') }}
{%- endmacro %}
