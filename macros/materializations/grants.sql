{% macro grants_on(old, new) -%}
    {#- Statements that grant on a relation what people were granted on another, including grants on columns. -#}
    select format(
        'grant %s%s on %s to %s%s',
        given.privilege_type,
        ' (' || quote_ident(given.attname) || ')',
        {{ quote_text(new) }},
        case given.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(given.grantee)) end,
        case when given.is_grantable then ' with grant option' end
    )
    from pg_class as relation
    cross join lateral (
        select null::name as attname, acl.*
        from aclexplode(relation.relacl) as acl
        union all
        select attname, acl.*
        from pg_attribute
        cross join lateral aclexplode(attacl) as acl
        where attrelid = relation.oid and not attisdropped
    ) as given
    where relation.oid = to_regclass({{ quote_text(old) }}) and given.grantee <> relation.relowner
{%- endmacro %}

{% macro give_back(relation) -%}
    {#- plpgsql. The relation is granted to those who had it, and to nobody whom only the default privileges name. -#}
    for statement in
        select distinct format(
            'revoke all on %s from %s',
            oid::regclass,
            case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
        )
        from pg_class
        cross join lateral aclexplode(relacl)
        where oid = to_regclass({{ quote_text(relation) }}) and grantee <> relowner
    loop
        execute statement;
    end loop;
    foreach statement in array grants loop
        begin
            execute statement;
        exception when undefined_column then
            null;
        end;
    end loop;
{%- endmacro %}
