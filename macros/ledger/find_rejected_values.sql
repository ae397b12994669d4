{% macro find_rejected_values() %}
    {#- A value is rejected if raw has one and staging has none in the same row. The code of the staging models stands
        here itself, because their views may not be built yet, or not from that code. With --empty, dbt would put an
        alias behind the seed; render() leaves it out. -#}
    {% set places = [] %}
    {% for entry in source_lineage() if entry.staging %}
        {% do places.append((entry.source.unique_id, entry.staging.unique_id)) %}
    {% endfor %}
    {% set pairs = [] %}
    {% for source, staging in places | unique(case_sensitive=true) %}
        {% do pairs.append({'source': graph.sources[source], 'staging': graph.nodes[staging], 'code': select_of(graph.nodes[staging])}) %}
    {% endfor %}
    {% set columns = compare_columns(pairs) if flags.WHICH not in ['compile', 'generate'] else {} %}
    select
        rejected.source_database,
        rejected.source_table,
        rejected.column_name,
        rejected.wanted_type,
        rejected.raw_value,
        rejected.source_row,
        accepted.source_database is not null as is_accepted,
        accepted.reason
    from (
        {% for pair in pairs %}
            {{ find_rejected_in(pair, columns.get(loop.index0, [])) }}
            {{ 'union all' if not loop.last }}
        {% else %}
        select
            null::text as source_database,
            null::text as source_table,
            null::text as column_name,
            null::text as wanted_type,
            null::text as raw_value,
            null::bigint as source_row
        where false
        {% endfor %}
    ) as rejected
    left join lateral (
        select
            accepted.source_database,
            accepted.reason
        from {{ ref('accepted_odd_values').render() }} as accepted
        where
            accepted.source_database = rejected.source_database
            and accepted.source_table = rejected.source_table
            and accepted.column_name = rejected.column_name
            and (
                rejected.raw_value = accepted.raw_value_like
                or case
                    -- PostgreSQL takes no pattern that ends in the sign before a sign.
                    when right(accepted.raw_value_like, 1) <> {{ quote_text('\\') }}
                        then rejected.raw_value like accepted.raw_value_like
                end
            )
        order by accepted.raw_value_like
        limit 1
    ) as accepted on true
{% endmacro %}

{% macro find_rejected_in(pair, columns) %}
    {#- Only a row in which some value is missing is looked at value by value. Doing so with every row takes several
        times as long. -#}
    {% set values, conditions = ['(null, null, null, false)'], ['false'] %}
    {% for column in columns if column.is_staged or column.name in pair.source.columns %}
        {% set raw, staged = 'raw.' ~ quote_column(column.name), 'staged.' ~ quote_column(column.staged_name) %}
        {% set is_missing = staged ~ ' is null' if column.is_staged else 'true' %}
        {% set wanted = quote_text(column.staged_type if column.is_staged else 'none: ' ~ pair.staging.name ~ ' leaves it out') %}
        {% do values.append('(' ~ [quote_text(column.name), wanted, raw, is_missing] | join(', ') ~ ')') %}
        {% do conditions.append(raw ~ ' is not null and ' ~ is_missing) %}
    {% endfor %}
    select
        {{ quote_text(pair.source.source_name) }} as source_database,
        {{ quote_text(pair.source.identifier) }} as source_table,
        value.column_name,
        value.wanted_type,
        value.raw_value,
        raw._source_row as source_row
    from {{ relation_of(pair.source) }} as raw
    left join (
        {{ pair.code }}
    ) as staged
        on raw._source_row = staged._source_row
    cross join lateral (
        values
        {{ values | join(',\n') }}
    ) as value (column_name, wanted_type, raw_value, is_missing)
    where
        ({{ conditions | join('\nor ') }})
        and value.is_missing
        and value.raw_value is not null
{% endmacro %}

{% macro compare_columns(pairs) %}
    {#- The columns of raw, what they are called in staging, and whether it has them, by the position of a raw table and
        its staging model. A raw table that is not there has none: PostgreSQL says so when it looks for the rows. -#}
    {% set relations, renamed = [], ['(null::integer, null, null)'] %}
    {% for pair in pairs %}
        {% set number = loop.index0 %}
        {% for column in pair.source.columns.values() if column.config.meta.staged_as %}
            {% do renamed.append('(' ~ [number, quote_text(column.name), quote_text(column.config.meta.staged_as)] | join(', ') ~ ')') %}
        {% endfor %}
        {% do relations.append('(' ~ loop.index0 ~ ', to_regclass(' ~ quote_text(relation_of(pair.source)) ~ '))') %}
    {% endfor %}
    {% set raw = 'select number, relation from (values ' ~ relations | join(', ') ~ ') as raw (number, relation) where relation is not null' %}
    {% set selects = {} %}
    {% for row in (run_query(raw).rows if pairs else []) %}
        {% do selects.update({row[0]: pairs[row[0]].code}) %}
    {% endfor %}
    {% set found = query_selects(selects,
        'select raw.number, attribute.attname, coalesce(renamed.staged_name, attribute.attname) as staged_name,'
        ' staged.attname is not null as is_staged, staged.atttypid::regtype::text as staged_type'
        ' from (' ~ raw ~ ') as raw inner join pg_attribute as attribute on raw.relation = attribute.attrelid'
        ' left join (values ' ~ renamed | join(', ') ~ ') as renamed (number, raw_name, staged_name)'
        ' on raw.number = renamed.number and attribute.attname = renamed.raw_name'
        " left join pg_attribute as staged on staged.attrelid = to_regclass('pg_temp.selected_' || raw.number)"
        ' and coalesce(renamed.staged_name, attribute.attname) = staged.attname'
        ' where attribute.attnum > 0 and not attribute.attisdropped order by attribute.attnum'
    ) if selects %}
    {% set columns = {} %}
    {% for row in (found or {}).rows %}
        {% if row.attname != '_source_row' %}
            {% do columns.setdefault(row.number | int, []).append({
                'name': row.attname, 'staged_name': row.staged_name, 'is_staged': row.is_staged, 'staged_type': row.staged_type,
            }) %}
        {% elif not row.is_staged %}
            {% do exceptions.raise_compiler_error(
                pairs[row.number | int].staging.name ~ ' does not select _source_row, by which a value is found in raw: add it.'
            ) %}
        {% endif %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}
