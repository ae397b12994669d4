{% macro find_rejected_values() %}
    {#- The casts are read out of the staging models, so what is tested here is what is built there. Rows are looked at
        value by value only where one is turned down: doing so with each takes several times as long as the casts. -#}
    {% for entry in source_lineage() if entry.staging %}
    {% set casts = staging_casts(entry.staging) %}
    select
        '{{ entry.source.source_name }}' as source_database,
        {{ quote_text(entry.source.identifier) }} as source_table,
        value.column_name,
        value.wanted_type,
        value.raw_value,
        raw._source_row as source_row
    from (
        select *
        from {{ entry.source.relation_name }}
        where
            {% for column, cast in casts %}
            {{ quote_column(column) }} is not null and {{ cast }} is null{{ ' or' if not loop.last }}
            {% endfor %}
    ) as raw
    cross join lateral (
        values
        {% for column, cast in casts %}
        ({{ quote_text(column) }}, pg_catalog.pg_typeof({{ cast }})::text, raw.{{ quote_column(column) }}, {{ cast }} is null)
        {{- ',' if not loop.last }}
        {% endfor %}
    ) as value (column_name, wanted_type, raw_value, is_missing)
    where value.is_missing and value.raw_value is not null
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
{% endmacro %}

{% macro staging_casts(staging) %}
    {#- Pairs of a column and its cast as SQL. Rendered together, for each call of render() costs as much as a query. -#}
    {% set found = modules.re.findall("({{ as_\\w+\\(('(?:[^'\\\\]|\\\\.)*')(?:, '\\w+')?\\) }})", staging.raw_code) %}
    {% set template = [] %}
    {% for cast, name in found %}
        {% do template.append('{{ ' ~ name ~ ' }}\x1f' ~ cast) %}
    {% endfor %}
    {% set pairs = [] %}
    {% for pair in render(template | join('\x1e')).split('\x1e') if found %}
        {% do pairs.append(pair.split('\x1f')) %}
    {% endfor %}
    {% do return(pairs) %}
{% endmacro %}
