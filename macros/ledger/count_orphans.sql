{% macro count_orphans(source) -%}
    {#- The models that list references say so in their meta. They are looked up when the ledger is read, because a
        project need not have any. -#}
    {%- for references in graph.nodes.values() | selectattr('config.meta.known_in', 'defined') -%}
        {%- set known = graph.nodes.values() | selectattr('name', 'equalto', references.config.meta.known_in) | first -%}
        {%- set column = quote_column(references.config.meta.reference) -%}
        {#- Not `not in`: if memory cannot hold all that is known, it reads that list once for each row. -#}
        {{ count_rows(
            relation_of(references),
            "source_database = " ~ quote_text(source.source_name) ~ " and source_table = " ~ quote_text(source.identifier)
            ~ " and not exists (select from " ~ relation_of(known) ~ " as known"
            ~ " where known." ~ column ~ " = " ~ quote_column(references.alias) ~ "." ~ column ~ ")"
        ) }} +
    {% endfor -%}
    0::bigint
{%- endmacro %}
