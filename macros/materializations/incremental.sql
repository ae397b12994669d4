{% materialization incremental, adapter='postgres' %}
    {#- The strategy `sync`; the others are dbt's. In dbt's own materialization a strategy begins with a copy of all
        that the model selects, and a new table is filled with its keys in place. Neither is needed. -#}
    {%- if config.get('incremental_strategy') != 'sync' -%}
        {{ return(dbt.materialization_incremental_default()) }}
    {%- endif -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set is_replaced = existing_relation is not none and (existing_relation.is_view or should_full_refresh()) -%}
    {%- set new_relation = make_intermediate_relation(target_relation) if is_replaced else target_relation -%}

    {% do check_partitions() %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% do keep_to_one_connection() %}

    {% if existing_relation is none or is_replaced %}
        {% do wait_for_turn() %}
        {% do fill_new_table(new_relation, sql) %}
    {% else %}
        {% do follow_contract(target_relation) %}
        {% do distribute(target_relation) %}
        {% do sync_table(target_relation, sql) %}
    {% endif %}
    {% if is_replaced %}
        {% do run_query('do ' ~ quote_text(replace_table(existing_relation, new_relation, target_relation))) %}
        {% do adapter.cache_dropped(existing_relation) %}
    {% endif %}
    {% if existing_relation is none or is_replaced %}
        {#- Last, because a table that refers to one of a cluster is no longer a table that can be renamed. -#}
        {% do distribute(target_relation) %}
        {% do add_foreign_keys(target_relation) %}
    {% endif %}

    {% do analyze_partitions(target_relation) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=existing_relation is not none) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro fill_new_table(relation, sql) %}
    {#- Keys come after the rows: that takes one pass over the table instead of a look into an index for each row. -#}
    {% set columns = {} %}
    {% for name, column in model.columns.items() %}
        {% set others = column.constraints | rejectattr('type', 'in', key_types()) | list %}
        {% do columns.update({name: dict(column, constraints=others)}) %}
    {% endfor %}
    {% set rows = make_temp_relation(relation) if partition_column() is not none %}
    {% call statement('main') %}
        {{ get_assert_columns_equivalent(sql) }}
        {{ 'create temporary table ' ~ rows ~ ' on commit drop as\n' ~ sql ~ '\n;' if rows }}
        create table {{ relation }} (
            {{ adapter.render_raw_columns_constraints(raw_columns=columns) | join(',\n') }}
        ) {{ partition_by_month() }};
        {{ make_months(relation, rows) }}
        insert into {{ relation }} ({{ quote_columns(columns) }})
        select {{ quote_columns(columns) }}
        from (
            {{ 'select * from ' ~ rows if rows else sql }}
        ) as selected
    {% endcall %}
    {% do add_constraints(relation, key_constraints(model) | rejectattr('type', 'equalto', 'foreign_key') | list) %}
    {% do create_indexes(relation) %}
{% endmacro %}

{% macro add_foreign_keys(relation) %}
    {#- Parents are locked in one order, whichever table refers to them. Two tables that lock in two orders would wait
        for each other. With --defer, dbt names parents of another target; the end of the run adds keys to the parents
        that this target has. -#}
    {% set keys = key_constraints(model) | selectattr('type', 'equalto', 'foreign_key') | list %}
    {% set foreign_keys = [] if invocation_args_dict.defer else keys %}
    {% do add_constraints(relation, foreign_keys | selectattr('to') | sort(attribute='to') | list) %}
    {% do add_constraints(relation, foreign_keys | rejectattr('to') | sort(attribute='expression') | list) %}
{% endmacro %}

{% macro add_constraints(relation, constraints) %}
    {% set rendered = adapter.render_raw_model_constraints(raw_constraints=constraints) %}
    {% if rendered %}
        {#- One by one, because Citus takes no other form. -#}
        {% set block %}
            begin
                {% call retry_locks() %}
                {% for constraint in rendered -%}
                execute {{ quote_text('alter table ' ~ relation ~ ' add ' ~ constraint) }};
                {% endfor %}
                {% endcall %}
            end
        {% endset %}
        {% do run_query('do ' ~ quote_text(block)) %}
    {% endif %}
{% endmacro %}
