{% macro get_incremental_sync_sql(arg_dict) %}
    {%- set target_relation = arg_dict.target_relation -%}
    {%- set key = primary_key_columns(model) -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='name') | list -%}
    {%- set unwatched = key + config.get('merge_exclude_columns', []) -%}
    {%- set watched = columns | reject('in', unwatched) | list -%}

    do $sync$
    declare
        foreign_key record;
    begin
        {{ delete_vanished_rows(target_relation, arg_dict.temp_relation, key) }};
    exception when foreign_key_violation then
        -- Children are built after their parents, so rows that left together with this one are still there. Their
        -- foreign keys stand aside until restore_foreign_keys puts them back at the end of the run.
        for foreign_key in
            select conrelid::regclass as child, conname as name
            from pg_constraint
            where confrelid = '{{ target_relation }}'::regclass and contype = 'f'
        loop
            execute format('alter table %s drop constraint %I', foreign_key.child, foreign_key.name);
        end loop;
        {{ delete_vanished_rows(target_relation, arg_dict.temp_relation, key) }};
    end
    $sync$;

    insert into {{ target_relation }} as stored ({{ quote_columns(columns) }})
    select {{ quote_columns(columns) }}
    from {{ arg_dict.temp_relation }}
    on conflict ({{ quote_columns(key) }}) do
    {% if watched -%}
    update set
        {% for column in watched -%}
        {{ quote_column(column) }} = excluded.{{ quote_column(column) }}{{ ',' if not loop.last }}
        {% endfor %}
    -- *<> compares the stored bytes: -0.0 differs from 0.0 and 1.0 from 1.00, though = calls them equal.
    where row({{ quote_columns(watched, 'stored.') }})::record *<> row({{ quote_columns(watched, 'excluded.') }})::record
    {%- else -%}
    nothing
    {%- endif %}
{% endmacro %}

{% macro delete_vanished_rows(target_relation, temp_relation, key) -%}
    {#- Arrays rather than a join with the temporary table: distributed tables accept no other form. -#}
    with vanished as (
        select {% for column in key %}array_agg({{ quote_column(column) }}) as {{ quote_column(column) }}{{ ', ' if not loop.last }}{% endfor %}
        from (
            select {{ quote_columns(key) }} from {{ target_relation }}
            except
            select {{ quote_columns(key) }} from {{ temp_relation }}
        ) as keys
    )

    delete from {{ target_relation }}
    where ({{ quote_columns(key) }}) in (
        select * from unnest({% for column in key %}(select {{ quote_column(column) }} from vanished){{ ', ' if not loop.last }}{% endfor %})
    )
{%- endmacro %}

{% macro quote_columns(columns, prefix='') -%}
    {%- for column in columns %}{{ prefix }}{{ quote_column(column) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro primary_key_columns(node) -%}
    {#- A name that needs quotes has them in the constraint, for dbt copies it as it is. -#}
    {% set key = node.constraints | selectattr('type', 'equalto', 'primary_key') | first %}
    {% do return(key.columns | map('trim', '"') | list) %}
{%- endmacro %}
