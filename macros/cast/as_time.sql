{% macro as_time(column) -%}
    {%- set half_day = "(0?[1-9]|1[0-2]):[0-5][0-9](:[0-5][0-9])? ?[AaPp][Mm]" -%}
    {%- set whole_day = "([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?" -%}
    {{ cast_where(column, "^(" ~ half_day ~ "|" ~ whole_day ~ ")$", 'time') }}
{%- endmacro %}
