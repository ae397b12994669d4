{% macro as_local_time(column) -%}
    {{ as_timestamptz(column, var('application_timezone')) }}
{%- endmacro %}
