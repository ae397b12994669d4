{% macro source_lineage() %}
    {#- Every declared raw table, with the staging view that reads it and the table of analytics that carries its rows:
        the one that has the test every_row_arrived. -#}
    {% set carriers = [] %}
    {% for test in graph.nodes.values() if test.test_metadata and test.test_metadata.name == 'every_row_arrived' %}
        {% do carriers.append(graph.nodes[test.attached_node]) %}
    {% endfor %}
    {% set carrier_of = first_readers(carriers) %}
    {% set reader_of = first_readers(graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')) %}
    {% set lineage = [] %}
    {% for source in graph.sources.values() | sort(attribute='unique_id') if source.schema.startswith('raw_') %}
        {% set staging = reader_of.get(source.unique_id) %}
        {% do lineage.append({'source': source, 'staging': staging, 'final': staging and carrier_of.get(staging.unique_id)}) %}
    {% endfor %}
    {% do return(lineage) %}
{% endmacro %}

{% macro first_readers(models) %}
    {#- In one pass, for each every_row_arrived asks for the lineage of all raw tables. -#}
    {% set readers = {} %}
    {% for model in models %}
        {% for parent in model.depends_on.nodes %}
            {% do readers.setdefault(parent, model) %}
        {% endfor %}
    {% endfor %}
    {% do return(readers) %}
{% endmacro %}
