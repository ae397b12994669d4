{% macro cast_where(column, pattern, data_type) -%}
    {%- set raw = quote_column(column) -%}
    case
        when {{ raw }} ~ {{ quote_text(pattern) }} and pg_input_is_valid({{ raw }}, {{ quote_text(data_type) }}) then {{ raw }}::{{ data_type }}
    end
{%- endmacro %}
