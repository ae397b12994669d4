{% macro as_timestamptz(column, timezone) -%}
    {%- set raw = quote_column(column) -%}
    {%- set zone = quote_text(timezone) -%}
    {%- set moment = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?" -%}
    {#- A clock that is put forward skips an hour. A time in that hour is another one after the way to UTC and back. -#}
    case
        when {{ raw }} ~ {{ quote_text('^' ~ moment ~ '$') }} and pg_input_is_valid({{ raw }}, 'timestamp')
            {% if timezone == 'UTC' -%}
            then {{ raw }}::timestamp at time zone 'UTC'
            {%- else -%}
            then case
                when {{ raw }}::timestamp at time zone {{ zone }} at time zone {{ zone }} = {{ raw }}::timestamp
                    then {{ raw }}::timestamp at time zone {{ zone }}
            end
            {%- endif %}
        when {{ raw }} ~ {{ quote_text('^' ~ moment ~ '(Z|[-+][0-9]{2}:?[0-9]{2})$') }} and pg_input_is_valid({{ raw }}, 'timestamptz')
            then {{ raw }}::timestamptz
    end
{%- endmacro %}
