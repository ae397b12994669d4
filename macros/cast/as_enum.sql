{% macro as_enum(column, enum) -%}
    {%- set raw = quote_column(column) -%}
    {%- set type = quote_column(target.schema) ~ '.' ~ quote_column(enum) -%}
    case
        when pg_input_is_valid({{ raw }}, {{ quote_text(type) }}) then {{ raw }}::{{ type }}
    end
{%- endmacro %}
