{% macro generate_schema_name(custom_schema_name, node) %}
    {#- In production, the name that the folder gives. Elsewhere it begins with the target's schema, so that targets
        stay apart. -#}
    {%- set prefix = '' if target.schema == 'analytics' else target.schema ~ '_' -%}
    {{- prefix ~ custom_schema_name | trim if custom_schema_name else target.schema -}}
{% endmacro %}
