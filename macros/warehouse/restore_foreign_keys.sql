{% macro restore_foreign_keys() %}
    {% if execute and flags.WHICH in ['build', 'run'] %}
        {% do rename_swapped_constraints() %}
        {% set tables = run_query(
            "select relname from pg_class where relnamespace = to_regnamespace('" ~ target.schema ~ "') and relkind in ('r', 'p')"
        ).columns[0].values() %}
        {% set present = run_query(
            "select conname from pg_constraint where contype = 'f' and connamespace = to_regnamespace('" ~ target.schema ~ "')"
        ).columns[0].values() %}
        {% set broken = [] %}
        {% for key in declared_foreign_keys() if key.name not in present and key.child in tables and key.parent in tables %}
            {% set child = target.schema ~ "." ~ quote_column(key.child) %}
            {% set parent = target.schema ~ "." ~ quote_column(key.parent) %}
            {% set column, to_column = quote_column(key.column), quote_column(key.to_column) %}
            {% set orphans = run_query(
                "select distinct child." ~ column ~ " from " ~ child ~ " as child left join " ~ parent ~ " as parent"
                " on child." ~ column ~ " = parent." ~ to_column ~
                " where child." ~ column ~ " is not null and parent." ~ to_column ~ " is null limit 3"
            ).columns[0].values() %}
            {% if orphans %}
                {% do broken.append(key.child ~ "." ~ key.column ~ " refers to " ~ orphans | join(', ') ~ ", not in " ~ key.parent) %}
            {% else %}
                {% do run_query(
                    "alter table " ~ child ~ " add constraint " ~ quote_column(key.name) ~ " foreign key (" ~ column ~ ")"
                    " references " ~ parent ~ " (" ~ to_column ~ ")"
                ) %}
            {% endif %}
        {% endfor %}
        {% if broken %}
            {{ fail_run("Foreign keys could not be put back: " ~ broken | join('; ')) }}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro declared_foreign_keys() %}
    {#- Only keys of one column: every reference in this warehouse is one. `to` is the raw ref('x') or, for a model that
        this run compiled, the relation it became. -#}
    {% set keys = [] %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' %}
        {% for constraint in node.constraints if constraint.type == 'foreign_key' %}
            {% set column = constraint.columns[0].strip('"') %}
            {% do keys.append({
                'name': node.alias ~ '_' ~ column ~ '_fkey',
                'child': node.alias,
                'column': column,
                'parent': modules.re.findall('\\w+', constraint.to)[-1],
                'to_column': constraint.to_columns[0].strip('"'),
            }) %}
        {% endfor %}
    {% endfor %}
    {% do return(keys) %}
{% endmacro %}

{% macro rename_swapped_constraints() %}
    {#- A full refresh builds under a temporary name, which PostgreSQL puts into the names of keys. -#}
    {% do run_query(
        "do $$ declare c record; begin for c in select conrelid::regclass as child, conname as name from pg_constraint"
        " where connamespace = to_regnamespace('" ~ target.schema ~ "') and conname like '%\\_\\_dbt\\_tmp%' loop"
        " execute format('alter table %s rename constraint %I to %I', c.child, c.name, replace(c.name, '__dbt_tmp', ''));"
        " end loop; end $$"
    ) %}
{% endmacro %}
