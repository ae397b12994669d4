{% macro as_epoch_milliseconds(column) -%}
    {%- set raw = quote_column(column) -%}
    {#- In two parts, because to_timestamp() of a fraction would round. -#}
    case
        when {{ raw }} ~ '^(0|-?[1-9][0-9]{0,13})([.][0-9]{1,3})?$'
            then to_timestamp(trunc({{ raw }}::numeric / 1000)::bigint)
                + ({{ raw }}::numeric * 1000 % 1000000)::bigint * interval '1 microsecond'
    end
{%- endmacro %}
