{% macro as_enum(column, enum) -%}
    {%- set raw = quote_column(column) -%}
    case
        when pg_input_is_valid({{ raw }}, 'analytics.{{ enum }}') then {{ raw }}::analytics.{{ enum }}
    end
{%- endmacro %}
