{% macro as_json(column) -%}
    {%- set raw = quote_column(column) -%}
    {#- jsonb would silently keep only the last of two equal keys. -#}
    case
        when pg_input_is_valid({{ raw }}, 'jsonb') and {{ raw }} is json with unique keys then {{ raw }}::jsonb
    end
{%- endmacro %}
