{% macro as_epoch_microseconds(column) -%}
    {%- set raw = quote_column(column) -%}
    case
        when {{ raw }} ~ '^(0|-?[1-9][0-9]{0,16})$'
            then to_timestamp({{ raw }}::bigint / 1000000) + {{ raw }}::bigint % 1000000 * interval '1 microsecond'
    end
{%- endmacro %}
