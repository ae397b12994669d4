{% macro as_local_time(column, timezone=none) -%}
    {{ as_timestamptz(column, timezone or var('application_timezone')) }}
{%- endmacro %}
