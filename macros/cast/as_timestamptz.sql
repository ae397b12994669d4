{% macro as_timestamptz(column, timezone) -%}
    {%- set raw = quote_column(column) -%}
    {%- set moment = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?" -%}
    case
        when {{ raw }} ~ {{ quote_text('^' ~ moment ~ '$') }} and pg_input_is_valid({{ raw }}, 'timestamp')
            then {{ raw }}::timestamp at time zone {{ quote_text(timezone) }}
        when {{ raw }} ~ {{ quote_text('^' ~ moment ~ '(Z|[-+][0-9]{2}:?[0-9]{2})$') }} and pg_input_is_valid({{ raw }}, 'timestamptz')
            then {{ raw }}::timestamptz
    end
{%- endmacro %}
