{% macro quote_text(text) -%}
    E'{{ text | replace('\\', '\\\\') | replace("'", "''") }}'
{%- endmacro %}
