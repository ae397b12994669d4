{% macro cast_where(column, pattern, data_type, usual=none) -%}
    {%- set raw = quote_column(column) -%}
    {%- set fits = raw ~ ' ~ ' ~ quote_text(pattern) -%}
    {%- if usual %}{% set fits = '(' ~ raw ~ ' ~ ' ~ quote_text(usual) ~ ' or ' ~ fits ~ ')' %}{% endif -%}
    case
        when {{ fits }} and pg_input_is_valid({{ raw }}, {{ quote_text(data_type) }}) then {{ raw }}::{{ data_type }}
    end
{%- endmacro %}
