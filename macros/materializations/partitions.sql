{% macro partition_column() %}
    {#- The column by whose months the table of the model is partitioned; none if it is not. -#}
    {% do return(model.config.meta.partition_by | default(none)) %}
{% endmacro %}

{% macro check_partitions() %}
    {#- PostgreSQL would refuse these further down, after the rows are read and in words that do not name the model. -#}
    {% set column = partition_column() %}
    {% if column is not none %}
        {% set asks, days = model.name ~ ': its meta has partition_by: ' ~ column, ': name a column of type date, timestamp or timestamptz.' %}
        {% if column is not string or column not in model.columns %}
            {% do exceptions.raise_compiler_error(asks ~ ', which is no column of its contract' ~ days) %}
        {% elif model.columns[column].data_type.lower().split('(')[0].split(' ')[0] not in ['date', 'timestamp', 'timestamptz'] %}
            {% do exceptions.raise_compiler_error(asks ~ ', a column of type ' ~ model.columns[column].data_type ~ days) %}
        {% endif %}
        {% for key in keys_of_a_partitioned_table() if column not in key.columns %}
            {% do exceptions.raise_compiler_error(
                asks ~ ', which is not in ' ~ key.label ~ ' (' ~ key.columns | join(', ') ~ '): PostgreSQL keeps unique only what contains it; add it there.'
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro keys_of_a_partitioned_table() %}
    {#- What has to be unique in the table of the model, and what foreign keys of others refer to in it. -#}
    {% set keys = [] %}
    {% for constraint in key_constraints(model) if constraint.type in ['primary_key', 'unique'] %}
        {% do keys.append({'label': 'the ' ~ constraint.type | replace('_', ' ') ~ ' key' if constraint.type == 'unique' else 'the primary key', 'columns': unquote_columns(constraint.columns)}) %}
    {% endfor %}
    {% for index in config.get('indexes', []) if index.unique %}
        {% do keys.append({'label': 'the unique index', 'columns': unquote_columns(index.columns)}) %}
    {% endfor %}
    {% for key in declared_foreign_keys() if key.parent == model.relation_name %}
        {% do keys.append({'label': 'what ' ~ key.label ~ ' refers to', 'columns': key.parent_columns}) %}
    {% endfor %}
    {% do return(keys) %}
{% endmacro %}

{% macro partition_by_month() -%}
    {#- The end of `create table`. -#}
    {%- if partition_column() is not none -%}
        partition by range ({{ quote_column(partition_column()) }})
    {%- endif -%}
{%- endmacro %}

{% macro make_months(relation, rows) %}
    {#- SQL that makes the partitions which a table lacks for rows that stand in another table. A month is attached,
        because `create table … partition of` would keep readers out until the model is done. So does a default
        partition when a month comes later, so it is only made for rows that have no month. -#}
    {% if partition_column() is not none %}
        {% set schema, name = partition_schema(relation), partition_prefix(relation) %}
        {% set block %}
            declare
                wanted record;
                place text;
            begin
                if to_regnamespace(quote_ident({{ quote_text(schema) }})) is null then
                    begin
                        create schema {{ quote_column(schema) }};
                    exception when duplicate_schema or unique_violation then
                        -- Another table's first partition was quicker.
                        null;
                    end;
                end if;
                for wanted in {{ missing_months(relation, rows) }} loop
                    {% call retry_locks() %}
                    place := {{ free_name(schema, quote_text(name ~ '_') ~ ' || wanted.month') }};
                    execute format('create table %s (like %s including all excluding identity excluding indexes)', place, {{ quote_text(relation) }});
                    execute format('alter table %s attach partition %s %s', {{ quote_text(relation) }}, place, wanted.bounds);
                    {% endcall %}
                    perform set_config('synapse.made_partitions', 'yes', true);
                end loop;
            end
        {% endset %}
        do {{ quote_text(block) }};
    {% endif %}
{% endmacro %}

{% macro missing_months(relation, rows) -%}
    {#- Months are those of UTC. PostgreSQL says the bounds of a partition as it says their values in this session, but
        they are written as any session reads them. -#}
    {%- set column, type = quote_column(partition_column()), model.columns[partition_column()].data_type -%}
    {%- set has_zone = 'tz' in type.lower() or 'with time zone' in type.lower() -%}
    with months as (
        select distinct
            case when {{ column }} >= '0001-01-01 00:00+00'::{{ type }} and {{ column }} < '9999-12-01 00:00+00'::{{ type }}
                then date_trunc('month', {{ column }}{{ " at time zone 'UTC'" if has_zone else '::timestamp' }})
            end as month
        from {{ rows }}
    ),

    bounds as (
        select
            month,
            to_char(month, 'YYYY-MM-DD 00:00:00+00') as low,
            to_char(month + interval '1 month', 'YYYY-MM-DD 00:00:00+00') as high
        from months
    ),

    wanted as (
        select
            coalesce(to_char(month, 'YYYY_MM'), 'default') as month,
            coalesce('for values from (' || quote_literal(low) || ') to (' || quote_literal(high) || ')', 'default') as bounds,
            coalesce(
                'FOR VALUES FROM (' || quote_literal(low::{{ type }}) || ') TO (' || quote_literal(high::{{ type }}) || ')', 'DEFAULT'
            ) as said
        from bounds
    )

    select month, bounds
    from wanted
    where said not in (
        select pg_get_expr(relpartbound, oid)
        from pg_inherits
        inner join pg_class on oid = inhrelid
        where inhparent = {{ quote_text(relation) }}::regclass
    )
    order by month
{%- endmacro %}

{% macro partition_schema(relation) -%}
    {#- Not that of the table, so that lists of tables stay short, and a right to read all that is in the table's
        schema is none to read partitions past the row security of their table. -#}
    {% do return(relation.schema ~ '_partitions') %}
{%- endmacro %}

{% macro partition_prefix(relation) %}
    {#- At most 50 bytes, so that PostgreSQL does not cut off the month. -#}
    {% set name = relation.identifier %}
    {% if name.encode() | length > 50 %}
        {% set name = name.encode()[:40].decode('utf-8', 'ignore') ~ '_' ~ local_md5(name)[:9] %}
    {% endif %}
    {% do return(name) %}
{% endmacro %}

{% macro free_name(schema, wanted) -%}
    {#- SQL for a name that no relation has: that which is wanted, if somebody has not detached a partition of it. -#}
    (
        select format('%I.%I', {{ quote_text(schema) }}, name)
        from generate_series(1, 1000) as number
        cross join lateral concat({{ wanted }}, '_' || nullif(number, 1)) as name
        where to_regclass(format('%I.%I', {{ quote_text(schema) }}, name)) is null
        order by number
        limit 1
    )
{%- endmacro %}

{% macro rename_partitions(relation, built_as) -%}
    {#- plpgsql that gives partitions the name of their table, which was built under another one. -#}
    {%- if partition_column() is not none -%}
    {%- set schema, old, new = partition_schema(relation), partition_prefix(built_as), partition_prefix(relation) -%}
    for statement in
        select format('alter table %s rename to %I', inhrelid::regclass, name)
        from pg_inherits
        inner join pg_class on oid = inhrelid
        cross join lateral concat({{ quote_text(new) }}, substr(relname, {{ old | length + 1 }})) as name
        where
            inhparent = to_regclass({{ quote_text(relation) }})
            and starts_with(relname, {{ quote_text(old ~ '_') }})
            and to_regclass(format('%I.%I', {{ quote_text(schema) }}, name)) is null
    loop
        execute statement;
    end loop;
    {%- endif -%}
{%- endmacro %}

{% macro analyze_partitions(relation) %}
    {#- Autovacuum counts the values of each partition, and never those of the table, by which the planner joins.
        PostgreSQL 18 can count these alone. -#}
    {% if partition_column() is not none %}
        {% set block %}
            begin
                if current_setting('synapse.made_partitions', true) = 'yes' then
                    execute format(
                        'analyze %s %s',
                        case when current_setting('server_version_num')::int >= 180000 then 'only' end,
                        {{ quote_text(relation) }}
                    );
                end if;
            end
        {% endset %}
        {% do run_query('do ' ~ quote_text(block)) %}
    {% endif %}
{% endmacro %}

{% macro compare_partitions(relation) -%}
    {#- As compare_with_contract: a table that is partitioned otherwise than its model says takes a full refresh. -#}
    select 'partitions', wanted, present
    from (
        select
            {{ "'RANGE (' || quote_ident(" ~ quote_text(partition_column()) ~ ") || ')'" if partition_column() is not none else "'none'" }} as wanted,
            coalesce(pg_get_partkeydef({{ quote_text(relation) }}::regclass), 'none') as present
    ) as partitions
    where wanted <> present
{%- endmacro %}

{% macro definition_of_index(index) -%}
    {#- SQL for the statement that makes an index again. PostgreSQL says `on only` of that of a partitioned table, which
        would leave the partitions out. -#}
    (
        select case relkind
            when 'I' then overlay(definition placing ' ON ' from length(definition_until) + 1 for length(' ON ONLY '))
            else definition
        end
        from pg_class
        cross join lateral (
            select pg_get_indexdef(oid) as definition, 'CREATE UNIQUE INDEX ' || quote_ident(relname) as definition_until
        ) as written
        where oid = {{ index }}
    )
{%- endmacro %}
