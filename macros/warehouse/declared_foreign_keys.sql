{% macro declared_foreign_keys() %}
    {#- Every foreign key of every contract, declared at the model or at a column. If this run compiled the model,
        `to` is a relation, with --defer perhaps one of another target. Otherwise it is the reference as somebody
        wrote it. -#}
    {% set parents = {} %}
    {% for node in graph.nodes.values() | list + graph.sources.values() | list if node.relation_name %}
        {% do parents.update({(node.defer_relation or node).relation_name: node.relation_name, node.relation_name: node.relation_name}) %}
    {% endfor %}
    {% set keys, written = [], [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.relation_name %}
        {% for constraint in key_constraints(node) if constraint.type == 'foreign_key' %}
            {% do keys.append((node, constraint)) %}
            {% if constraint.to and constraint.to not in parents and constraint.to not in written %}
                {% do written.append(constraint.to) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% do parents.update(zip(written, resolve_references(written))) %}
    {% set described = [] %}
    {% for node, constraint in keys %}
        {% set parent = parents[constraint.to] if constraint.to and constraint.to_columns else '' %}
        {% if parent or constraint.expression %}
            {% do described.append(describe_foreign_key(node, constraint, parent)) %}
        {% endif %}
    {% endfor %}
    {% do return(described) %}
{% endmacro %}

{% macro resolve_references(written) %}
    {#- References are read as dbt reads them, but by macros that cannot fail. They are read together, because each call
        of render() costs as much as a query. -#}
    {% set template = ['{% set ref, source = referred_model, referred_source %}'] %}
    {% for reference in written %}
        {% do template.append('{{ ' ~ reference ~ ' }}') %}
    {% endfor %}
    {% do return(render(template | join('\x1f')).split('\x1f')[1:]) %}
{% endmacro %}

{% macro referred_model() -%}
    {%- set version = kwargs.get('version', kwargs.get('v')) -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.name == varargs[-1] and node.relation_name -%}
        {%- if varargs | length == 1 or node.package_name == varargs[0] -%}
            {%- set wanted = node.latest_version if version is none else version -%}
            {%- if node.version | string == wanted | string %}{% do found.append(node.relation_name) %}{% endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ found[0] }}
{%- endmacro %}

{% macro referred_source() -%}
    {%- set sources = graph.sources.values() | selectattr('source_name', 'equalto', varargs[0]) -%}
    {{ sources | selectattr('name', 'equalto', varargs[1]) | map(attribute='relation_name') | first }}
{%- endmacro %}

{% macro describe_foreign_key(node, constraint, parent) %}
    {% set columns = unquote_columns(constraint.columns) %}
    {% set parent_columns = unquote_columns(constraint.to_columns or []) if parent else [] %}
    {% set reference = parent ~ ' (' ~ quote_columns(parent_columns) ~ ')' if parent else constraint.expression %}
    {% set place = columns[0] if columns | length == 1 else '(' ~ columns | join(', ') ~ ')' %}
    {% do return({
        'child': node.relation_name,
        'columns': columns,
        'parent': parent,
        'parent_columns': parent_columns,
        'label': node.alias ~ '.' ~ place,
        'statement': 'alter table ' ~ node.relation_name ~ ' add foreign key (' ~ quote_columns(columns) ~ ') references ' ~ reference,
        'find_orphans': find_orphans(node.relation_name, columns, parent, parent_columns) if parent else 'select null',
    }) %}
{% endmacro %}

{% macro find_orphans(child, columns, parent, parent_columns) -%}
    {%- set values = "concat_ws(', ', " ~ quote_columns(columns, 'child.') ~ ')' -%}
    select string_agg(orphan, ', ')
    from (
        select distinct {{ values if columns | length == 1 else "'(' || " ~ values ~ " || ')'" }} as orphan
        from {{ child }} as child
        where
            {% for column in columns %}child.{{ quote_column(column) }} is not null and {% endfor %}
            not exists (
                select
                from {{ parent }} as parent
                where ({{ quote_columns(parent_columns, 'parent.') }}) = ({{ quote_columns(columns, 'child.') }})
            )
        order by orphan
        limit 3
    ) as orphans
{%- endmacro %}
