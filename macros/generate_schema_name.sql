{% macro generate_schema_name(custom_schema_name, node) %}
    {#- In production, as the folder says; elsewhere all begins with the target's schema, so that targets keep apart. -#}
    {%- set prefix = '' if target.schema == 'analytics' else target.schema ~ '_' -%}
    {{- prefix ~ custom_schema_name | trim if custom_schema_name else target.schema -}}
{% endmacro %}
