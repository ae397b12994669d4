{% macro as_bytes(column) -%}
    {%- set raw = quote_column(column) -%}
    case when left({{ raw }}, 2) in (E'\\x', E'\\u') then decode(substr({{ raw }}, 3), 'hex') end
{%- endmacro %}
