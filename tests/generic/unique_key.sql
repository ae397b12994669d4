{% test unique_key(model, columns, may_be_null=false) %}
    {%- set is_null -%}
        {%- for column in columns %}{{ quote_column(column) }} is null{{ ' or ' if not loop.last }}{% endfor -%}
    {%- endset -%}
    select
        {{ quote_columns(columns) }},
        count(*) as rows_with_this_key
    from {{ model }}
    {{ 'where not (' ~ is_null ~ ')' if may_be_null }}
    group by {{ quote_columns(columns) }}
    having count(*) > 1{{ ' or ' ~ is_null if not may_be_null }}
{% endtest %}
