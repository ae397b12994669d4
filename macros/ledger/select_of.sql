{% macro select_of(node) -%}
    {#- The select of a model as the project's code has it now, wherever the macro is called from. It is what dbt
        compiled in this run. If dbt has not compiled the model, its code is run as it stands, so ref() and the macros
        that it calls work however they are written. -#}
    {%- set compiled = ref.manifest.nodes[node.unique_id].compiled_code -%}
    {%- if not compiled -%}{%- do declare_parents(node.depends_on.nodes) -%}{%- endif -%}
    {{ compiled or render(node.raw_code) }}
{%- endmacro %}

{% macro relation_of(node) %}
    {#- Where a raw table or a model is, as source() or ref() says: with --defer, perhaps in another schema. The
        database is left out, because a copy of it has another name. -#}
    {% if node.resource_type == 'source' %}
        {% do return(source(node.source_name, node.name).include(database=false).render()) %}
    {% endif %}
    {% do declare_parents([node.unique_id]) %}
    {% do return(ref(node.package_name, node.name, version=node.version).include(database=false).render()) %}
{% endmacro %}

{% macro declare_parents(unique_ids) %}
    {#- ref() refuses what the calling model does not declare. Which models the ledger asks about is known only when dbt
        has parsed all of them. -#}
    {% set declared = ref.model.depends_on.nodes %}
    {% do declared.extend(unique_ids | select('in', graph.nodes) | reject('in', declared) | list) %}
{% endmacro %}
