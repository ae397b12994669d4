{% macro digest_rows(columns, rows) -%}
    {#- The same for the same rows in whatever order. As text, because = takes -0.0 for 0.0, and 1.0 in JSON for 1.00. -#}
    (
        select count(*) || ' ' || coalesce(sum(hashtextextended(row({{ quote_columns(columns) }})::text, 0)::numeric), 0)
        from {{ rows }} as rows
    )
{%- endmacro %}

{% macro select_of(node) -%}
    {#- What a model selects now. ref() knows only what the caller declared, so its relations come from the graph. -#}
    {%- set code = namespace(text=node.raw_code) -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- set parent = graph.nodes[unique_id] -%}
        {%- set code.text = code.text | replace("{{ ref('" ~ parent.name ~ "') }}", parent.relation_name) -%}
    {%- endfor -%}
    ({{ render(code.text) }})
{%- endmacro %}
