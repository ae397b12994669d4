{% test every_row_arrived(model) %}
    {#- The rows in SQLite, in raw, in staging and in this table are equally many, for each raw table that this model
        carries, and the table is what its model selects. The ledger knows the rows in SQLite. The others are counted
        now, through views that are as the project has them. -#}
    -- depends_on: {{ ref('int_latest_table_loads') }}
    {% if execute %}
        {% set node = graph.nodes[context.model.attached_node] %}
        {% set carried = lineage_of(node) %}
        {% set changed_views = name_changed_views([node.unique_id] + read_by(context.model)) %}

        with counted as ({{ count_table_rows(carried, with_orphans=false) }}),

        compared as (
            select
                counted.source_database,
                counted.source_table,
                ledger.source_rows as sqlite_rows,
                counted.raw_rows,
                counted.staged_rows,
                counted.final_rows,
                {{ '(' ~ is_what_it_selects(node, model) ~ ')' if node.config.materialized == 'incremental' else 'true' }} as is_current,
                {{ quote_text(changed_views) }} as changed_views
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
            is_current,
            changed_views
        from compared
        where not coalesce(
            sqlite_rows = raw_rows
            and raw_rows = staged_rows
            and raw_rows = coalesce(final_rows, staged_rows)
            and is_current
            and changed_views = '',
            false
        )
    {% endif %}
{% endtest %}
