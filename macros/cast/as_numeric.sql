{% macro as_numeric(column) -%}
    {#- Neither a leading zero nor a minus before zero would be written back. -#}
    {{ cast_where(column, "^(?!-[0.]+$)-?(0|[1-9][0-9]{0,100})([.][0-9]{1,100})?$", 'numeric') }}
{%- endmacro %}
