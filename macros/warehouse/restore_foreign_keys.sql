{% macro restore_foreign_keys() %}
    {#- The statement itself asks the database, because a hook that asks while it is rendered, and fails, ends dbt as
        Ctrl-C does. It commits after each key, so that it never locks more than two tables. -#}
    {% if execute and flags.WHICH in ['build', 'run'] and model.package_name == project_name %}
        {% set keys = declared_foreign_keys() %}
        {% if keys %}
            do {{ quote_text(put_foreign_keys_back(keys)) }}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro put_foreign_keys_back(keys) %}
    declare
        missing_keys constant text := {{ quote_text(missing_foreign_keys(keys)) }};
        missing record;
        is_missing boolean;
        orphans text;
        reason text;
        broken text[];
    begin
        for missing in execute missing_keys || ' order by label' loop
            begin
                {% call retry_locks() %}
                -- Another run may have put the key back meanwhile.
                execute format('lock table %s in share row exclusive mode', missing.child);
                execute format('select %L in (select statement from (%s) as missing)', missing.statement, missing_keys) into is_missing;
                if is_missing then
                    execute missing.statement;
                end if;
                {% endcall %}
            exception
                when foreign_key_violation then
                    get stacked diagnostics reason = pg_exception_detail;
                    execute missing.find_orphans into orphans;
                    broken := broken || (missing.label || coalesce(' refers to ' || orphans || ', not in ' || missing.parent_name, ': ' || reason));
                when others then
                    broken := broken || (missing.label || ': ' || sqlerrm);
            end;
            commit;
        end loop;
        if broken is not null then
            raise exception 'Foreign keys could not be put back: %', array_to_string(broken, '; ');
        end if;
    end
{% endmacro %}

{% macro missing_foreign_keys(keys) -%}
    {#- Keys whose two tables both exist. They are known by their columns and their parent, because PostgreSQL cuts
        names short. A key that is written as SQL has no parent that dbt knows of. -#}
    select
        declared.child,
        declared.label,
        parent.relname as parent_name,
        declared.statement,
        declared.find_orphans
    from (
        values
        {% for key in keys -%}
        ({{ quote_text(key.child) }}, array[{{ quote_texts(key.columns) }}]::text[], {{ quote_text(key.parent) }}, array[{{ quote_texts(key.parent_columns) }}]::text[],
        {{ quote_text(key.label) }}, {{ quote_text(key.statement) }}, {{ quote_text(key.find_orphans) }}){{ ',' if not loop.last }}
        {% endfor %}
    ) as declared (child, child_columns, parent, parent_columns, label, statement, find_orphans)
    inner join pg_class as child on child.oid = to_regclass(declared.child) and child.relkind in ('r', 'p')
    left join pg_class as parent on parent.oid = to_regclass(nullif(declared.parent, '')) and parent.relkind in ('r', 'p')
    where
        (declared.parent = '' or parent.oid is not null)
        and not exists (
            select
            from pg_constraint
            where
                contype = 'f'
                and conrelid = child.oid
                and (declared.parent = '' or confrelid = parent.oid)
                and declared.child_columns = {{ names_of('conrelid', 'conkey') }}
                and (declared.parent = '' or declared.parent_columns = {{ names_of('confrelid', 'confkey') }})
        )
{%- endmacro %}

{% macro names_of(table, numbers) -%}
    array(
        select attname::text
        from unnest({{ numbers }}) with ordinality as position (number, place)
        inner join pg_attribute on attrelid = {{ table }} and attnum = position.number
        order by position.place
    )
{%- endmacro %}
