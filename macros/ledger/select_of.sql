{% macro select_of(node) -%}
    {#- What a model selects by the project's code, wherever this is called from: what dbt compiled in this run or, where
        it has not, the code run as it stands, so ref() and the macros that it calls work however they are written. -#}
    {%- set compiled = ref.manifest.nodes[node.unique_id].compiled_code -%}
    {%- if not compiled -%}{%- do declare_parents(node.depends_on.nodes) -%}{%- endif -%}
    {{ compiled or render(node.raw_code) }}
{%- endmacro %}

{% macro relation_of(node) %}
    {#- Where a raw table or a model is, as source() or ref() says: with --defer, perhaps in another schema. Without the
        database, for a copy of it has another name. -#}
    {% if node.resource_type == 'source' %}
        {% do return(source(node.source_name, node.name).include(database=false).render()) %}
    {% endif %}
    {% do declare_parents([node.unique_id]) %}
    {% do return(ref(node.package_name, node.name, version=node.version).include(database=false).render()) %}
{% endmacro %}

{% macro declare_parents(unique_ids) %}
    {#- ref() refuses what the caller does not declare. Whom the ledger asks after is known only when dbt has parsed all. -#}
    {% set declared = ref.model.depends_on.nodes %}
    {% do declared.extend(unique_ids | select('in', graph.nodes) | reject('in', declared) | list) %}
{% endmacro %}
