{% macro as_epoch_seconds(column) -%}
    {%- set raw = quote_column(column) -%}
    case when {{ raw }} ~ '^-?(0|[1-9][0-9]{0,10})([.][0-9]{1,6})?$' then to_timestamp({{ raw }}::double precision) end
{%- endmacro %}
