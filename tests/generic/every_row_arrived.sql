{% test every_row_arrived(model) %}
    {#- Rows in SQLite = raw = staging = this table, for each raw table that this model carries, and the table is what
        its model selects. The ledger knows the first; the others are counted now. On a staging view, the final table
        is left out: it is built later. -#}
    -- depends_on: {{ ref('int_latest_table_loads') }}
    {% if execute %}
        {% set node = graph.nodes[context.model.attached_node] %}
        {% set carried = [] %}
        {% for entry in source_lineage() if node.unique_id in [entry.staging.unique_id, entry.final.unique_id] %}
            {% set final = entry.final if node.unique_id == entry.final.unique_id else none %}
            {% do carried.append({'source': entry.source, 'staging': entry.staging, 'final': final}) %}
        {% endfor %}

        with counted as ({{ count_table_rows(carried) }}),

        compared as (
            select
                counted.source_database,
                counted.source_table,
                ledger.source_rows as sqlite_rows,
                counted.raw_rows,
                counted.staged_rows,
                counted.final_rows,
                {{ '(' ~ is_what_it_selects(node, model) ~ ')' if node.config.materialized == 'incremental' else 'true' }} as is_current
            from counted
            left join {{ ref('int_latest_table_loads') }} as ledger
                on
                    counted.source_database = ledger.source_database
                    and counted.source_table = ledger.source_table
        )

        select
            source_database,
            source_table,
            sqlite_rows,
            raw_rows,
            staged_rows,
            final_rows,
            is_current
        from compared
        where not coalesce(
            sqlite_rows = raw_rows
            and raw_rows = staged_rows
            and raw_rows = coalesce(final_rows, staged_rows)
            and is_current,
            false
        )
    {% endif %}
{% endtest %}
