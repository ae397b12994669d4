{% materialization view, adapter='postgres' %}
    {#- dbt's own swaps the view, which drops the views on it. They would be missing after a build of a part. -#}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        do {{ quote_text(replace_view(existing_relation or target_relation, target_relation, sql)) }}
    {%- endcall %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=existing_relation is not none) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro replace_view(old, new, sql) %}
    declare
        definition constant text := {{ quote_text(get_replace_view_sql(new, sql)) }};
        grants text[];
        statement text;
    begin
        execute definition;
    exception when invalid_table_definition or wrong_object_type then
        -- PostgreSQL cannot replace it in place: a column went or changed its type, or the relation was a table.
        grants := array({{ grants_on(old, new) }});
        {{ get_drop_sql(old) }};
        execute definition;
        {{ give_back(new) }}
    end
{% endmacro %}
