{% macro source_lineage() %}
    {#- Every declared raw table, with the staging view that reads it and the table of analytics that carries its rows:
        the one that has the test every_row_arrived. -#}
    {% set carriers = [] %}
    {% for test in graph.nodes.values() if test.test_metadata and test.test_metadata.name == 'every_row_arrived' %}
        {% do carriers.append(graph.nodes[test.attached_node]) %}
    {% endfor %}
    {% set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list %}
    {% set lineage = [] %}
    {% for source in graph.sources.values() | sort(attribute='unique_id') if source.schema.startswith('raw_') %}
        {% set staging = first_reader(source, models) %}
        {% do lineage.append({'source': source, 'staging': staging, 'final': staging and first_reader(staging, carriers)}) %}
    {% endfor %}
    {% do return(lineage) %}
{% endmacro %}

{% macro first_reader(node, candidates) %}
    {% for candidate in candidates if node.unique_id in candidate.depends_on.nodes %}
        {% do return(candidate) %}
    {% endfor %}
    {% do return(none) %}
{% endmacro %}
