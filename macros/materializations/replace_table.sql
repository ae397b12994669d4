{% macro replace_table(old, new, target) %}
    {#- plpgsql that puts a new table in the place of an old relation, with what people have put on the old one. -#}
    declare
        grants text[];
        added text[];
        statement text;
    begin
        {% call retry_locks() %}
        grants := array({{ grants_on(old, target) }});
        added := array({{ added_by_people(old, target) }});
        {{ get_drop_sql(old) }};
        alter table {{ new }} rename to {{ quote_column(target.identifier) }};
        {{ rename_constraints(target, new.identifier) }}
        {{ rename_partitions(target, new) }}
        {{ give_back(target) }}
        foreach statement in array added loop
            execute statement;
        end loop;
        {% endcall %}
    end
{% endmacro %}

{% macro rename_constraints(relation, built_as) -%}
    {#- plpgsql. PostgreSQL named the constraints after the name that the table was built under. -#}
    for statement in
        select format('alter table %s rename constraint %I to %I', conrelid::regclass, conname, name)
        from pg_constraint
        cross join lateral replace(conname, {{ quote_text(built_as) }}, {{ quote_text(relation.identifier) }}) as name
        where conrelid = to_regclass({{ quote_text(relation) }}) and name <> conname and octet_length(name) < 64
    loop
        execute statement;
    end loop;
{%- endmacro %}

{% macro added_by_people(old, new) -%}
    {#- Statements that put on a table what people have put on another: triggers, row security, storage parameters, the
        owner, and foreign keys of tables that are not models. -#}
    select pg_get_triggerdef(pg_trigger.oid) as statement
    from pg_trigger
    inner join pg_class on pg_class.oid = tgrelid and relkind <> 'v'
    where tgrelid = to_regclass({{ quote_text(old) }}) and not tgisinternal
    union all
    select format(
        'create policy %I on %s as %s for %s to %s%s%s',
        polname,
        {{ quote_text(new) }},
        case when polpermissive then 'permissive' else 'restrictive' end,
        case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        (
            select string_agg(case role when 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', ')
            from unnest(polroles) as role
        ),
        ' using (' || pg_get_expr(polqual, polrelid) || ')',
        ' with check (' || pg_get_expr(polwithcheck, polrelid) || ')'
    )
    from pg_policy
    where polrelid = to_regclass({{ quote_text(old) }})
    union all
    select format('alter table %s %s', {{ quote_text(new) }}, action)
    from pg_class
    cross join lateral (
        values
        (case when relrowsecurity then 'enable row level security' end),
        (case when relforcerowsecurity then 'force row level security' end),
        ({{ "'set (' || array_to_string(reloptions, ', ') || ')'" if partition_column() is none else 'null' }})
    ) as wanted (action)
    where pg_class.oid = to_regclass({{ quote_text(old) }}) and relkind in ('r', 'p') and action is not null
    union all
    select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint
    where
        confrelid = to_regclass({{ quote_text(old) }})
        and conrelid <> confrelid
        and contype = 'f'
        and conparentid = 0
        and conrelid not in ({{ children(model) }})
    union all
    select format('alter table %s owner to %I', {{ quote_text(new) }}, pg_get_userbyid(relowner))
    from pg_class
    where pg_class.oid = to_regclass({{ quote_text(old) }}) and pg_get_userbyid(relowner) <> current_user
{%- endmacro %}
