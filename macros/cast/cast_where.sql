{% macro cast_where(column, pattern, data_type) -%}
    {%- set raw = quote_column(column) -%}
    case
        when {{ raw }} ~ '{{ pattern }}' and pg_input_is_valid({{ raw }}, '{{ data_type }}') then {{ raw }}::{{ data_type }}
    end
{%- endmacro %}
