{% materialization clone, adapter='postgres' %}
    {#- PostgreSQL copies no table without its rows, so a clone is a view, as in dbt. A seed becomes a table, because
        dbt fills only tables. The hooks and the contract of the model are left out: they are meant for the table that
        the next build makes. -#}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table' if model.resource_type == 'seed' else 'view') -%}
    {% if not defer_relation or defer_relation.render() == this.render() or existing_relation and not flags.FULL_REFRESH %}
        {{ return({'relations': []}) }}
    {% endif %}
    {{ drop_relation_if_exists(existing_relation) }}
    {% call statement('main') -%}
        create {{ target_relation.type }} {{ target_relation }} as
        {{ sql }}
    {%- endcall %}
    {% do adapter.commit() %}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
