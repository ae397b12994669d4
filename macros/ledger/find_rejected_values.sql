{% macro find_rejected_values() %}
    {#- The casts are read out of the staging models, so what is tested here is what is built there. -#}
    {% for entry in source_lineage() if entry.staging %}
    {% set casts = modules.re.findall("({{ as_\\w+\\(('(?:[^'\\\\]|\\\\.)*')(?:, '\\w+')?\\) }})", entry.staging.raw_code) %}
    select
        '{{ entry.source.source_name }}' as source_database,
        {{ quote_text(entry.source.identifier) }} as source_table,
        value.column_name,
        value.wanted_type,
        value.raw_value,
        raw._source_row as source_row
    from {{ entry.source.relation_name }} as raw
    cross join lateral (
        values
        {% for cast, name in casts %}
        {% set column = render('{{ ' ~ name ~ ' }}') %}
        ({{ quote_text(column) }}, pg_typeof({{ render(cast) }})::text, raw.{{ quote_column(column) }}, {{ render(cast) }} is null)
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
