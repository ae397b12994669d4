{% macro name_changed_views(unique_ids) %}
    {#- Written to dbt's output, and returned as text. While dbt compiles nothing is asked, because nothing need be
        built. -#}
    {% set changed = find_changed_views(unique_ids) if flags.WHICH in ['build', 'test'] else [] %}
    {% set names = changed | join(', ') %}
    {% if changed %}
        {% do log('Views that are not what their models select: ' ~ names ~ '. Run `dbt build -s ' ~ changed | join('+ ') ~ '+`.', info=true) %}
    {% endif %}
    {% do return(names) %}
{% endmacro %}

{% macro find_changed_views(unique_ids) %}
    {#- The names of views, among some models and all that these read, that are not what their models select:
        somebody replaced them, or edited the model and did not build it. PostgreSQL writes down both definitions and
        compares. -#}
    {% set selects, places = {}, [] %}
    {% for node in views_behind(unique_ids) %}
        {% do selects.update({loop.index: select_of(node)}) %}
        {% do places.append('(' ~ quote_texts([node.name, relation_of(node), 'pg_temp.selected_' ~ loop.index]) ~ ')') %}
    {% endfor %}
    {% do return(query_selects(selects,
        'select place.name from (values ' ~ places | join(', ') ~ ') as place (name, stored, wanted) where'
        ' pg_get_viewdef(to_regclass(place.stored)) is distinct from pg_get_viewdef(to_regclass(place.wanted))'
    ).columns[0].values()) %}
{% endmacro %}

{% macro views_behind(unique_ids) %}
    {#- The views among some models and all that these read. The loop adds to the list that it walks. -#}
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

{% macro query_selects(selects, query) %}
    {#- Ask PostgreSQL about selects. While the query runs, each select is the view pg_temp.selected_<number>. Citus
        neither makes nor drops a view by that name; temporary views are found before any others. -#}
    {% set create, drop = [], [] %}
    {% for number, code in selects.items() %}
        {% do create.append('create temporary view selected_' ~ number ~ ' as\n' ~ code ~ '\n;') %}
        {% do drop.append('selected_' ~ number) %}
    {% endfor %}
    {% set result = run_query(create | join('\n') ~ query) %}
    {% do run_query('drop view ' ~ drop | join(', ')) %}
    {% do return(result) %}
{% endmacro %}
