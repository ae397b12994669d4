{% macro as_epoch_milliseconds(column) -%}
    {%- set raw = quote_column(column) -%}
    {#- In two parts, because to_timestamp() of a fraction would round. -#}
    case
        when {{ raw }} ~ '^(0|-?[1-9][0-9]{0,13})$'
            then to_timestamp({{ raw }}::bigint / 1000) + {{ raw }}::bigint % 1000 * interval '1 millisecond'
    end
{%- endmacro %}
