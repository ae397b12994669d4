{% macro key_types() -%}
    {% do return(['primary_key', 'unique', 'foreign_key']) %}
{%- endmacro %}

{% macro key_constraints(node) %}
    {#- All constraints of a model, including the keys that are declared at a column, which dbt puts into `create
        table`. -#}
    {% set types = key_types() %}
    {% set found = node.constraints | list %}
    {% for name, column in node.columns.items() %}
        {% for constraint in column.constraints if constraint.type in types %}
            {% do found.append(dict(constraint, name=none, columns=[quote_column(name)])) %}
        {% endfor %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}

{% macro primary_key_columns(node) -%}
    {% set at_model = node.constraints | selectattr('type', 'equalto', 'primary_key') | list %}
    {% set key = (at_model or key_constraints(node) | selectattr('type', 'equalto', 'primary_key') | list)[0] %}
    {% do return(unquote_columns(key.columns)) %}
{%- endmacro %}

{% macro unquote_columns(columns) -%}
    {#- A name that needs quotes has them in a constraint, because dbt copies it as it is. -#}
    {% set names = [] %}
    {% for column in columns %}
        {% do names.append(column[1:-1] | replace('""', '"') if column.startswith('"') else column) %}
    {% endfor %}
    {% do return(names) %}
{%- endmacro %}

{% macro children(node) -%}
    {#- SQL for the tables of the models that read or refer to a model. A run puts their foreign keys back. -#}
    select oid
    from unnest(array[
        {%- for child in graph.nodes.values() if child.resource_type == 'model' and node.unique_id in child.depends_on.nodes -%}
            {{ quote_text(child.relation_name or '') }},
        {%- endfor %} null]::text[]) as child (name)
    inner join pg_class on oid = to_regclass(child.name)
{%- endmacro %}
