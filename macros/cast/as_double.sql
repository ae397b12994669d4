{% macro as_double(column) -%}
    {#- A whole number of more than 15 digits may have no double of its own. Most values are plain decimals, which the short
        pattern tells in a third of the time. -#}
    {{ cast_where(
        column,
        "^-?([0-9]{1,15}|[0-9]+[.][0-9]+|[0-9]+([.][0-9]+)?e[-+]?[0-9]+|inf)$",
        'double precision',
        usual="^-?[0-9]+[.][0-9]+$",
    ) }}
{%- endmacro %}
