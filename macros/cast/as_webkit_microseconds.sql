{% macro as_webkit_microseconds(column) -%}
    {%- set raw = quote_column(column) -%}
    {#- 1601 is 11,644,473,600 seconds before 1970. -#}
    case
        when {{ raw }} ~ '^(0|-?[1-9][0-9]{0,16})$'
            then to_timestamp({{ raw }}::bigint / 1000000 - 11644473600)
                + {{ raw }}::bigint % 1000000 * interval '1 microsecond'
    end
{%- endmacro %}
