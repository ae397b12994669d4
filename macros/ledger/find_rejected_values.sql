{% macro find_rejected_values() %}
    {#- A value is rejected where raw has one and staging has none in the same row. The code of the staging models stands
        here itself, for their views may not be built yet, or not from that code. -#}
    {% set places = [] %}
    {% for entry in source_lineage() if entry.staging %}
        {% do places.append((entry.source.unique_id, entry.staging.unique_id)) %}
    {% endfor %}
    {% set columns = raw_columns() %}
    {% for source_id, staging_id in places | unique(case_sensitive=true) %}
        {{ 'union all' if not loop.first }}
        {{ find_rejected_in(graph.sources[source_id], graph.nodes[staging_id], columns.get(source_id, [])) }}
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
{% endmacro %}

{% macro find_rejected_in(source, staging, columns) %}
    {#- Rows are looked at value by value only where one is missing: doing so with each takes several times as long. -#}
    {% set code = select_of(staging) %}
    {% set selected = get_columns_in_query(code) if columns else ['_source_row'] %}
    {% if '_source_row' not in selected %}
        {% do exceptions.raise_compiler_error(
            staging.name ~ ' does not select _source_row, by which a value that it loses is found in raw: add it.'
        ) %}
    {% endif %}
    {% set kept = columns | select('in', selected) | list %}
    {% set left_out = columns | reject('in', selected) | select('in', source.columns) | list %}
    select
        {{ quote_text(source.source_name) }} as source_database,
        {{ quote_text(source.identifier) }} as source_table,
        value.column_name,
        value.wanted_type,
        value.raw_value,
        raw._source_row as source_row
    from {{ relation_of(source) }} as raw
    left join (
        {{ code }}
    ) as staged
        on raw._source_row = staged._source_row
    cross join lateral (
        values
        {% for column in kept -%}
        {%- set name = quote_column(column) -%}
        ({{ quote_text(column) }}, pg_typeof(staged.{{ name }})::text, raw.{{ name }}, staged.{{ name }} is null),
        {% endfor -%}
        {%- for column in left_out -%}
        ({{ quote_text(column) }}, {{ quote_text('none: ' ~ staging.name ~ ' leaves it out') }}, raw.{{ quote_column(column) }}, true),
        {% endfor -%}
        (null, null, null, false)
    ) as value (column_name, wanted_type, raw_value, is_missing)
    where
        (
            {% for column in kept -%}
            raw.{{ quote_column(column) }} is not null and staged.{{ quote_column(column) }} is null or
            {% endfor -%}
            {%- for column in left_out -%}
            raw.{{ quote_column(column) }} is not null or
            {% endfor -%}
            false
        )
        and value.is_missing
        and value.raw_value is not null
{% endmacro %}

{% macro raw_columns() %}
    {#- By raw table, the columns it has; none where it was not loaded, of which PostgreSQL says so. -#}
    {% set places = [] %}
    {% for source in graph.sources.values() %}
        {% do places.append('(' ~ quote_text(source.unique_id) ~ ', to_regclass(' ~ quote_text(relation_of(source)) ~ '))') %}
    {% endfor %}
    {% set columns = {} %}
    {% for row in run_query(
        'select place.unique_id, raw.attname from (values ' ~ places | join(', ') ~ ') as place (unique_id, relation)'
        ' inner join pg_catalog.pg_attribute as raw on place.relation = raw.attrelid'
        " where raw.attnum > 0 and not raw.attisdropped and raw.attname <> '_source_row' order by raw.attnum"
    ).rows %}
        {% do columns.setdefault(row[0], []).append(row[1]) %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}
