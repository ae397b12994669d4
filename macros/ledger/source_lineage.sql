{% macro source_lineage() %}
    {#- Every declared raw table with each staging model that reads it, and each table that carries the rows of that
        model: the nearest one with the test every_row_arrived. If there are several, each must have every row. -#}
    {% set finals = {} %}
    {% set carriers = find_carriers() %}
    {% for carrier in carriers %}
        {% for staging in carried_by(carrier, carriers) if staging != carrier %}
            {% do finals.setdefault(staging, []).append(graph.nodes[carrier]) %}
        {% endfor %}
    {% endfor %}
    {% set readers = {} %}
    {% for model in graph.nodes.values() if model.fqn[1] == 'staging' and model.resource_type == 'model' %}
        {% for parent in model.depends_on.nodes | unique(case_sensitive=true) %}
            {% do readers.setdefault(parent, []).append(model) %}
        {% endfor %}
    {% endfor %}
    {% set lineage = [] %}
    {% for source in graph.sources.values() | sort(attribute='unique_id') if source.schema.startswith('raw_') %}
        {% for staging in readers.get(source.unique_id, [none]) %}
            {% for final in finals.get(staging.unique_id if staging, [none]) %}
                {% do lineage.append({'source': source, 'staging': staging, 'final': final}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% do return(lineage) %}
{% endmacro %}

{% macro lineage_of(node) %}
    {#- The part of source_lineage about a model with the test every_row_arrived. For a staging view it is without the
        final table, which is built later. -#}
    {% set lineage = [] %}
    {% for staging in carried_by(node.unique_id, find_carriers()) %}
        {% for parent in graph.nodes[staging].depends_on.nodes if parent in graph.sources %}
            {% do lineage.append({
                'source': graph.sources[parent],
                'staging': graph.nodes[staging],
                'final': node if staging != node.unique_id else none,
            }) %}
        {% endfor %}
    {% endfor %}
    {% if not lineage %}
        {% do exceptions.raise_compiler_error(
            node.name ~ ' has no rows of a raw table for every_row_arrived to count: give the test to the table that has them.'
        ) %}
    {% endif %}
    {% do return(lineage) %}
{% endmacro %}

{% macro find_carriers() %}
    {#- The models that have the test every_row_arrived. -#}
    {% set carriers = [] %}
    {% for test in graph.nodes.values() if test.test_metadata and test.test_metadata.name == 'every_row_arrived' %}
        {% do carriers.append(test.attached_node) %}
    {% endfor %}
    {% do return(carriers | unique(case_sensitive=true) | list) %}
{% endmacro %}

{% macro carried_by(carrier, carriers) %}
    {#- The staging models from which a model has its rows, through any models between them. Tables that carry rows
        themselves end the walk. The loop adds to the list that it walks. -#}
    {% set found = [] %}
    {% set passed = [carrier] %}
    {% for unique_id in passed %}
        {% set node = graph.nodes[unique_id] %}
        {% if node.fqn[1] == 'staging' %}
            {% do found.append(unique_id) %}
        {% elif unique_id == carrier or unique_id not in carriers %}
            {% do passed.extend(read_by(node) | reject('in', passed) | list) %}
        {% endif %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}

{% macro read_by(node) %}
    {#- The models and seeds that the code of a model reads. dbt lists the parents of its foreign keys among its refs
        too, as the last ones. -#}
    {% set keys = (node.constraints or []) | list %}
    {% for column in (node.columns or {}).values() %}
        {% do keys.extend(column.constraints or []) %}
    {% endfor %}
    {% set keys = keys | selectattr('type', 'equalto', 'foreign_key') | selectattr('to') | list %}
    {% set names = (node.refs or [])[:(node.refs or []) | length - keys | length] | map(attribute='name') | list %}
    {% set found = [] %}
    {% for parent in node.depends_on.nodes if parent in graph.nodes and graph.nodes[parent].name in names %}
        {% do found.append(parent) %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}
