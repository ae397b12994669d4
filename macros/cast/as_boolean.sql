{% macro as_boolean(column) -%}
    case lower({{ quote_column(column) }})
        when '1' then true
        when 'true' then true
        when '0' then false
        when 'false' then false
    end
{%- endmacro %}
