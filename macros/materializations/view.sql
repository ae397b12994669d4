{% materialization view, adapter='postgres' %}
    {#- dbt's own view is swapped, which drops the views on it; they would stay away after a build of a part. -#}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {% if existing_relation and not existing_relation.is_view %}
        {{ drop_relation_if_exists(existing_relation) }}
    {% endif %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        do $do$
        declare
            definition text := $view${{ get_create_view_as_sql(target_relation, sql) }}$view$;
        begin
            execute regexp_replace(definition, 'create view', 'create or replace view');
        exception when invalid_table_definition then
            -- A column went or changed its type: PostgreSQL replaces no such view.
            drop view {{ target_relation }} cascade;
            execute definition;
        end
        $do$
    {%- endcall %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=existing_relation is not none) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
