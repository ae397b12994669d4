{% macro is_what_it_selects(node, relation) -%}
    {#- Compared row by row, as `sync` does. The rows are counted too, because a row that is selected twice equals its
        one stored row. -#}
    {%- set watched = node.columns | reject('in', node.config.merge_exclude_columns or []) | list -%}
    select
        count(*) filter (where {{ rows_differ(node, watched) }}) = 0
        and count(*) = (select count(*) from {{ relation }})
    from {{ selected_beside_stored(node, select_of(node), relation) }}
{%- endmacro %}
