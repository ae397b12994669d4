{% test every_row_arrived(model) %}
    {#- Rows in SQLite = raw = staging = this table, for each raw table that this model carries. The ledger knows the
        first; the others are counted now. On a staging view, the final table is left out: it is built later. -#}
    -- depends_on: {{ ref('int_latest_table_loads') }}
    {% if execute %}
        {% set carried = [] %}
        {% for entry in source_lineage() if context.model.attached_node in [entry.staging.unique_id, entry.final.unique_id] %}
            {% set final = entry.final if context.model.attached_node == entry.final.unique_id else none %}
            {% do carried.append({'source': entry.source, 'staging': entry.staging, 'final': final}) %}
        {% endfor %}

        select
            counted.source_database,
            counted.source_table,
            ledger.source_rows as sqlite_rows,
            counted.raw_rows,
            counted.staged_rows,
            counted.final_rows
        from ({{ count_table_rows(carried) }}) as counted
        left join {{ ref('int_latest_table_loads') }} as ledger
            on counted.source_database = ledger.source_database
            and counted.source_table = ledger.source_table
        where not coalesce(
            ledger.source_rows = counted.raw_rows
            and counted.raw_rows = counted.staged_rows
            and counted.raw_rows = coalesce(counted.final_rows, counted.staged_rows),
            false
        )
    {% endif %}
{% endtest %}
