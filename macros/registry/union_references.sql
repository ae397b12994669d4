{% macro union_references(name, references) -%}
    {%- for source_table, relation, column in references %}
    select
        {{ quote_column(column) }} as {{ quote_column(name) }},
        source_database,
        {{ quote_text(source_table) }} as source_table
    from {{ relation }}
    where {{ quote_column(column) }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
