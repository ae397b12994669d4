{% macro source_lineage() %}
    {#- Every declared raw table with each staging model that reads it, and each table that carries the rows of that: the
        nearest with the test every_row_arrived. Where there are several, each must have every row. -#}
    {% set finals = {} %}
    {% set carriers = [] %}
    {% for test in graph.nodes.values() if test.test_metadata and test.test_metadata.name == 'every_row_arrived' %}
        {% do carriers.append(test.attached_node) %}
    {% endfor %}
    {% for carrier in carriers | unique(case_sensitive=true) if not is_staging(graph.nodes[carrier]) %}
        {% for staging in carried_by(carrier, carriers) %}
            {% do finals.setdefault(staging, []).append(graph.nodes[carrier]) %}
        {% endfor %}
    {% endfor %}
    {% set readers = {} %}
    {% for model in graph.nodes.values() if is_staging(model) %}
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

{% macro is_staging(node) %}
    {% do return(node.resource_type == 'model' and node.fqn[1] == 'staging') %}
{% endmacro %}

{% macro carried_by(carrier, carriers) %}
    {#- The staging models from which a table has its rows, through whatever lies between, but for tables that carry
        rows themselves. -#}
    {% set found = [] %}
    {% set passed = [carrier] %}
    {% for unique_id in passed %}
        {#- The list grows while it is walked. -#}
        {% for parent in read_by(graph.nodes[unique_id]) if parent not in found + passed %}
            {% if is_staging(graph.nodes[parent]) %}
                {% do found.append(parent) %}
            {% elif parent not in carriers %}
                {% do passed.append(parent) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}

{% macro read_by(node) %}
    {#- The models and seeds that the code of a model reads. dbt says of which tables it has foreign keys, too: last among
        its refs. -#}
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
