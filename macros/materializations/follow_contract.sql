{% macro follow_contract(relation) %}
    {#- Columns that are new in the contract are added. Another type or primary key takes a full refresh, and PostgreSQL
        would refuse it further down in words that do not say so. A column that left the contract would keep its last
        values for ever, and be null in new rows. -#}
    {% set table, refresh = relation.schema ~ '.' ~ relation.identifier, '`dbt run -s ' ~ model.name ~ ' --full-refresh`' %}
    {% set refused, left_over = [], [] %}
    {% for column in run_query(compare_with_contract(relation)).rows %}
        {% if column.present is none %}
            {% do run_query('alter table ' ~ relation ~ ' add column ' ~ quote_column(column.name) ~ ' ' ~ column.wanted) %}
        {% elif column.wanted is none %}
            {% do left_over.append(column.name) %}
        {% else %}
            {% do refused.append(column.name ~ ' as ' ~ column.present ~ ', and its contract as ' ~ column.wanted) %}
        {% endif %}
    {% endfor %}
    {% set key = primary_key_columns(model) %}
    {% if not run_query(find_unique_index(relation, key)).rows %}
        {% do refused.append('no key of ' ~ key | join(', ') ~ ', which is the primary key of its contract') %}
    {% endif %}
    {% if refused %}
        {% do exceptions.raise_compiler_error(table ~ ' has ' ~ refused | join('; ') ~ ': ' ~ refresh ~ ' changes that.') %}
    {% elif left_over %}
        {% do exceptions.warn(
            table ~ ' still has ' ~ left_over | join(', ') ~ ', which is not in its contract and is filled no more: ' ~ refresh ~ ' takes it out.'
        ) %}
    {% endif %}
{% endmacro %}

{% macro compare_with_contract(relation) -%}
    {#- The columns that only the contract or only the table has, or both with another type. A type that PostgreSQL does
        not know is left to the statement that uses it. -#}
    select
        coalesce(contract.name, present.name) as name,
        contract.type as wanted,
        present.type as present
    from (
        values
        {% for name, column in model.columns.items() -%}
        ({{ quote_text(name) }}, {{ quote_text(column.data_type) }}){{ ',' if not loop.last }}
        {% endfor %}
    ) as contract (name, type)
    full join (
        select
            attname::text as name,
            atttypid,
            format_type(atttypid, atttypmod) as type
        from pg_attribute
        where attrelid = {{ quote_text(relation) }}::regclass and attnum > 0 and not attisdropped
    ) as present
        on contract.name = present.name
    where contract.name is null or present.name is null or to_regtype(contract.type)::oid <> present.atttypid
    union all
    {{ compare_partitions(relation) }}
    order by 1
{%- endmacro %}

{% macro find_unique_index(relation, columns) -%}
    select indexrelid
    from pg_index
    where
        indrelid = {{ quote_text(relation) }}::regclass
        and indisunique
        and indpred is null
        and indexprs is null
        and array(
            select attname::text
            from pg_attribute
            where attrelid = indrelid and attnum = any(indkey::int2[])
            order by 1
        ) = array(select name from unnest(array[{{ quote_texts(columns) }}]::text[]) as key (name) order by 1)
{%- endmacro %}
