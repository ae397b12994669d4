{% macro as_double(column) -%}
    {{ cast_where(column, "^-?([0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?|inf)$", 'double precision') }}
{%- endmacro %}
