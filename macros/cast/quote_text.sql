{% macro quote_text(text) -%}
    E'{{ text | replace('\\', '\\\\') | replace("'", "''") }}'
{%- endmacro %}

{% macro quote_texts(texts) -%}
    {%- for text in texts %}{{ quote_text(text) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}
