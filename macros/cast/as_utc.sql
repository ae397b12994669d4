{% macro as_utc(column) -%}
    {{ as_timestamptz(column, 'UTC') }}
{%- endmacro %}
