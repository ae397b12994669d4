{% macro find_changed_views(unique_ids) %}
    {#- Of some models and all that they read, the views that are not what their models select: somebody replaced them, or
        edited the model and did not build it. PostgreSQL writes both down, and compares. -#}
    {% set temporary, places = [], [] %}
    {% for node in views_behind(unique_ids) %}
        {% set wanted = 'pg_temp.selected_by_model_' ~ loop.index %}
        {% do temporary.append((wanted, select_of(node))) %}
        {% do places.append('(' ~ quote_text(relation_of(node)) ~ ', ' ~ quote_text(wanted) ~ ')') %}
    {% endfor %}
    {% set query %}
        {% for name, code in temporary %}
        create view {{ name }} as
        {{ code }};
        {% endfor %}
        select place.stored
        from (values {{ places | join(', ') }}) as place (stored, wanted)
        where
            pg_catalog.pg_get_viewdef(pg_catalog.to_regclass(place.stored))
            is distinct from pg_catalog.pg_get_viewdef(pg_catalog.to_regclass(place.wanted))
    {% endset %}
    {% set changed = run_query(query).columns[0].values() %}
    {% do run_query('drop view ' ~ temporary | map(attribute=0) | join(', ')) %}
    {% do return(changed) %}
{% endmacro %}

{% macro views_behind(unique_ids) %}
    {#- In one list that grows while it is walked. -#}
    {% set passed = unique_ids | list %}
    {% set views = [] %}
    {% for unique_id in passed %}
        {% set node = graph.nodes[unique_id] %}
        {% if node.config.materialized == 'view' %}
            {% do views.append(node) %}
        {% endif %}
        {% do passed.extend(read_by(node) | reject('in', passed) | list) %}
    {% endfor %}
    {% do return(views) %}
{% endmacro %}
