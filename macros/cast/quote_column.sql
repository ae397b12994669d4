{% macro quote_column(column) -%}
    "{{ column | replace('"', '""') }}"
{%- endmacro %}
