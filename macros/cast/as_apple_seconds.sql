{% macro as_apple_seconds(column) -%}
    {%- set raw = quote_column(column) -%}
    {#- 2001 is 978,307,200 seconds after 1970. -#}
    case
        when {{ raw }} ~ '^-?(0|[1-9][0-9]{0,9})([.][0-9]{1,6})?$' then to_timestamp(({{ raw }}::numeric + 978307200)::double precision)
    end
{%- endmacro %}
