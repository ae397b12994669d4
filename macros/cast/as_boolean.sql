{% macro as_boolean(column) -%}
    case
        when lower({{ quote_column(column) }}) in ('1', 'true', 't', 'yes', 'y', 'on') then true
        when lower({{ quote_column(column) }}) in ('0', 'false', 'f', 'no', 'n', 'off') then false
    end
{%- endmacro %}
