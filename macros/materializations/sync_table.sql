{% macro sync_table(relation, sql) %}
    {% set key = primary_key_columns(model) %}
    {% set others = model.columns | reject('in', key) | list %}
    {% set watched = others | reject('in', config.get('merge_exclude_columns', [])) | list %}
    {% set changes = make_temp_relation(relation) %}
    {% call statement('main') %}
        {{ get_assert_columns_equivalent(sql) }}
        -- A second run that comes to this table meanwhile waits here, before it begins to write.
        lock table {{ relation }} in share row exclusive mode;
        -- The planner expects every row to differ, and would not share the work among processes if so many come back.
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
        where {{ rows_differ(model, watched) }}
    {% endcall %}
    {#- The changes are written outside the main statement, so that dbt reports how many rows differed. -#}
    {% do run_query(make_months(relation, changes) ~ 'do ' ~ quote_text(write_changes(relation, changes, key, watched))) %}
{% endmacro %}

{% macro selected_beside_stored(node, sql, relation) -%}
    {#- What a model selects, each row beside the row of its table that has the same key. The columns are cast to the
        types of the contract, because record_image_ne refuses to compare two types. -#}
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
    {#- This compares the stored bytes, as *<> does: -0.0 differs from 0.0 and 1.0 from 1.00, although = calls them equal.
        Where Citus writes a statement anew for its nodes, it would lose the casts that *<> needs. -#}
    (
        selected.is_selected__ is null
        or stored.{{ quote_column(primary_key_columns(node)[0]) }} is null
        or record_image_ne(row({{ quote_columns(columns, 'stored.') }}), row({{ quote_columns(columns, 'selected.') }}))
    )
{%- endmacro %}

{% macro write_changes(relation, changes, key, watched) %}
    {#- plpgsql. The statements that write rows are quoted and executed, because a column may have the name of a
        variable here. -#}
    {% set delete = delete_vanished_rows(relation, changes, key) %}
    {% set write = quote_text(write_rows(relation, changes, key, watched)) %}
    {% set own = children(model) %}
    declare
        vanished record;
        set_aside text[];
        statement text;
    begin
        begin
            {{ delete }}
        exception when foreign_key_violation then
            -- Children are built after their parents, so rows of a child that left together with these are still there.
            -- The foreign keys of children are dropped until restore_foreign_keys puts them back at the end of the run.
            {% call retry_locks() %}{{ drop_foreign_keys(relation, own) }}{% endcall %}
            {{ delete }}
        end;
        begin
            execute {{ write }};
        exception
            when foreign_key_violation then
                -- Children refer to something unique that changed. If a parent is missing instead, this fails again.
                {% call retry_locks() %}{{ drop_foreign_keys(relation, own) }}{% endcall %}
                execute {{ write }};
            when unique_violation or exclusion_violation then
                -- Rows may swap what is unique, and each is written by itself. A real duplicate fails below.
                {% call retry_locks() %}{{ set_unique_keys_aside(relation, own) }}{% endcall %}
                execute {{ write }};
                foreach statement in array set_aside loop
                    execute statement;
                end loop;
        end;
    end
{% endmacro %}

{% macro delete_vanished_rows(relation, changes, key) -%}
    {#- plpgsql. The keys are collected first, because on a cluster no statement may read this table and delete from one
        that all nodes have. If nothing vanished, there is no row. -#}
    {%- set spread = spread_by(model) -%}
    {%- set collect -%}
        select {% for column in key %}array_agg({{ quote_column(column) }}) as key_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ changes }}
        where is_selected__ is null
        group by
    {%- endset -%}
    {%- set delete -%}
        delete from {{ relation }}
        where
            ({{ quote_columns(key) }}) in (select * from unnest({% for column in key %}${{ loop.index }}{{ ', ' if not loop.last }}{% endfor %}))
            {{ 'and ' ~ quote_column(spread) ~ ' = any($' ~ (key.index(spread) + 1) ~ ')' if spread }}
    {%- endset -%}
    for vanished in execute {{ quote_text(collect ~ ' ') }} || {{ shard_of(relation, spread, 'is_selected__') }} loop
        execute {{ quote_text(delete) }} using {% for column in key %}vanished.key_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %};
    end loop;
{%- endmacro %}

{% macro write_rows(relation, changes, key, watched) -%}
    {%- set columns = quote_columns(model.columns) -%}
    insert into {{ relation }} ({{ columns }})
    select {{ columns }}
    from {{ changes }}
    where is_selected__
    on conflict ({{ quote_columns(key) }}) do {{ 'update set' if watched else 'nothing' }}
        {% for column in watched -%}
        {{ quote_column(column) }} = excluded.{{ quote_column(column) }}{{ ',' if not loop.last }}
        {% endfor %}
{%- endmacro %}

{% macro drop_foreign_keys(relation, own) -%}
    {#- plpgsql. A foreign key that no contract declares stays, because nothing would put it back. -#}
    for statement in
        select format('alter table %s drop constraint %I', conrelid::regclass, conname)
        from pg_constraint
        where confrelid = to_regclass({{ quote_text(relation) }}) and contype = 'f' and conrelid in ({{ own }})
        order by 1
    loop
        execute statement;
    end loop;
{%- endmacro %}

{% macro set_unique_keys_aside(relation, own) -%}
    {#- plpgsql that drops what is unique, except the primary key. It keeps in set_aside the statements that put this
        back, and those for foreign keys on it that no contract declares. Declared foreign keys come back at the end of
        the run. -#}
    set_aside := array(
        select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        from pg_constraint
        where conrelid = to_regclass({{ quote_text(relation) }}) and contype in ('u', 'x')
        union all
        select {{ definition_of_index('indexrelid') }}
        from ({{ free_unique_indexes(relation) }}) as free
        union all
        select format('alter table %s add constraint %I %s', foreign_key.conrelid::regclass, foreign_key.conname, pg_get_constraintdef(foreign_key.oid))
        from pg_constraint as foreign_key
        inner join pg_index on foreign_key.conindid = indexrelid and not indisprimary
        where confrelid = to_regclass({{ quote_text(relation) }}) and contype = 'f' and conparentid = 0 and conrelid not in ({{ own }})
    );
    for statement in
        select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname)
        from pg_constraint
        where conrelid = to_regclass({{ quote_text(relation) }}) and contype in ('u', 'x')
        union all
        select format('drop index %s cascade', indexrelid::regclass)
        from ({{ free_unique_indexes(relation) }}) as free
    loop
        execute statement;
    end loop;
{%- endmacro %}

{% macro free_unique_indexes(relation) -%}
    select indexrelid
    from pg_index
    where
        indrelid = to_regclass({{ quote_text(relation) }})
        and indisunique
        and not exists (select from pg_constraint where conindid = indexrelid and conrelid = indrelid and contype in ('p', 'u', 'x'))
{%- endmacro %}

{% macro quote_columns(columns, prefix='') -%}
    {%- for column in columns %}{{ prefix }}{{ quote_column(column) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}
