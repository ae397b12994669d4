{% materialization incremental, adapter='postgres' %}
    {#- The strategy `sync`; the others are dbt's. In dbt's own frame a strategy begins with a copy of all that the model
        selects, and a new table is filled with its keys in place. Neither is needed. -#}
    {%- if config.get('incremental_strategy') != 'sync' -%}
        {{ return(dbt.materialization_incremental_default()) }}
    {%- endif -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set is_replaced = existing_relation is not none and (existing_relation.is_view or should_full_refresh()) -%}
    {%- set new_relation = make_intermediate_relation(target_relation) if is_replaced else target_relation -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if existing_relation is none or is_replaced %}
        {% do fill_new_table(new_relation, sql) %}
    {% else %}
        {% do add_new_columns(target_relation) %}
        {% do sync_table(target_relation, sql) %}
    {% endif %}
    {% if is_replaced %}
        {% do adapter.drop_relation(existing_relation) %}
        {% do adapter.rename_relation(new_relation, target_relation) %}
    {% endif %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, is_replaced)) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro fill_new_table(relation, sql) %}
    {#- Keys come after the rows: one pass over the table, rather than a look into an index for each row. -#}
    {% call statement('main') %}
        {{ get_assert_columns_equivalent(sql) }}
        create table {{ relation }} (
            {{ adapter.render_raw_columns_constraints(raw_columns=model.columns) | join(',\n') }}
        );
        insert into {{ relation }} ({{ quote_columns(model.columns) }})
        select {{ quote_columns(model.columns) }}
        from (
            {{ sql }}
        ) as selected
    {% endcall %}
    {#- With --defer dbt names parents in production; the end of the run adds keys to those that this target has. -#}
    {% set own = model.constraints | rejectattr('type', 'equalto', 'foreign_key' if invocation_args_dict.defer else '') | list %}
    {% set constraints = adapter.render_raw_model_constraints(raw_constraints=own) %}
    {% do run_query('alter table ' ~ relation ~ ' add ' ~ constraints | join(', add ')) %}
    {% do create_indexes(relation) %}
{% endmacro %}

{% macro add_new_columns(relation) %}
    {% set present = run_query(
        "select attname from pg_attribute where attrelid = " ~ quote_text(relation) ~ "::regclass and attnum > 0"
    ).columns[0].values() %}
    {% for name, column in model.columns.items() if name not in present %}
        {% do run_query('alter table ' ~ relation ~ ' add column ' ~ quote_column(name) ~ ' ' ~ column.data_type) %}
    {% endfor %}
{% endmacro %}

{% macro sync_table(relation, sql) %}
    {% set key = primary_key_columns(model) %}
    {% set others = model.columns | reject('in', key) | list %}
    {% set watched = others | reject('in', config.get('merge_exclude_columns', [])) | list %}
    {% set changes = make_temp_relation(relation) %}
    {% call statement('main') %}
        {{ get_assert_columns_equivalent(sql) }}
        -- The planner expects every row to differ, and would not share the work among processes for so many.
        set local parallel_tuple_cost = 0;

        create temporary table {{ changes }} as
        select
            {% for column in key -%}
            coalesce(selected.{{ quote_column(column) }}, stored.{{ quote_column(column) }}) as {{ quote_column(column) }},
            {% endfor -%}
            {% for column in others -%}
            selected.{{ quote_column(column) }},
            {% endfor -%}
            selected.is_selected__
        from {{ selected_beside_stored(model, sql, relation) }}
        where {{ rows_differ(model, watched) }};

        {{ delete_vanished_rows(relation, changes, key) }}

        insert into {{ relation }} ({{ quote_columns(key + others) }})
        select {{ quote_columns(key + others) }}
        from {{ changes }}
        where is_selected__
        on conflict ({{ quote_columns(key) }}) do {{ 'update set' if watched else 'nothing' }}
            {% for column in watched -%}
            {{ quote_column(column) }} = excluded.{{ quote_column(column) }}{{ ',' if not loop.last }}
            {% endfor %}
    {% endcall %}
{% endmacro %}

{% macro selected_beside_stored(node, sql, relation) -%}
    {#- What a model selects, each row beside the row of its table that has the same key. With the types of the contract,
        for *<> compares none that differ. -#}
    (
        select
            {% for name, column in node.columns.items() -%}
            {{ quote_column(name) }}::{{ column.data_type }} as {{ quote_column(name) }},
            {% endfor -%}
            true as is_selected__
        from (
            {{ sql }}
        ) as model
    ) as selected
    full join {{ relation }} as stored
        on {% for column in primary_key_columns(node) -%}
            selected.{{ quote_column(column) }} = stored.{{ quote_column(column) }}{{ ' and ' if not loop.last }}
        {%- endfor %}
{%- endmacro %}

{% macro rows_differ(node, columns) -%}
    {#- *<> compares the stored bytes: -0.0 differs from 0.0 and 1.0 from 1.00, though = calls them equal. -#}
    (
        selected.is_selected__ is null
        or stored.{{ quote_column(primary_key_columns(node)[0]) }} is null
        or row({{ quote_columns(columns, 'stored.') }})::record *<> row({{ quote_columns(columns, 'selected.') }})::record
    )
{%- endmacro %}

{% macro delete_vanished_rows(relation, changes, key) -%}
    {#- Arrays rather than a join with the temporary table: distributed tables accept no other form. -#}
    {%- set statement -%}
        with vanished as (
            select {% for column in key %}array_agg({{ quote_column(column) }}) as {{ quote_column(column) }}{{ ', ' if not loop.last }}{% endfor %}
            from {{ changes }}
            where is_selected__ is null
        )

        delete from {{ relation }}
        where ({{ quote_columns(key) }}) in (
            select * from unnest({% for column in key %}(select {{ quote_column(column) }} from vanished){{ ', ' if not loop.last }}{% endfor %})
        )
    {%- endset -%}
    do $sync$
    declare
        foreign_key record;
    begin
        {{ statement }};
    exception when foreign_key_violation then
        -- Children are built after their parents, so rows that left together with this one are still there. Their
        -- foreign keys stand aside until restore_foreign_keys puts them back at the end of the run.
        for foreign_key in
            select conrelid::regclass as child, conname as name
            from pg_constraint
            where confrelid = '{{ relation }}'::regclass and contype = 'f'
        loop
            execute format('alter table %s drop constraint %I', foreign_key.child, foreign_key.name);
        end loop;
        {{ statement }};
    end
    $sync$;
{%- endmacro %}

{% macro quote_columns(columns, prefix='') -%}
    {%- for column in columns %}{{ prefix }}{{ quote_column(column) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro primary_key_columns(node) -%}
    {#- A name that needs quotes has them in the constraint, for dbt copies it as it is. -#}
    {% set key = node.constraints | selectattr('type', 'equalto', 'primary_key') | first %}
    {% do return(key.columns | map('trim', '"') | list) %}
{%- endmacro %}
