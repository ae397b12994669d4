{% macro as_text(column) -%}
    {%- set raw = quote_column(column) -%}
    case
        when left({{ raw }}, 1) <> E'\\' then {{ raw }}
        when left({{ raw }}, 2) = E'\\t' then substr({{ raw }}, 3)
    end
{%- endmacro %}
