{% macro distribute(relation) %}
    {#- On a cluster of Citus, spread the rows of a table over the nodes by a column of its key, or copy all of them to
        each node, as `distribute_by` in the meta of its model says. On any other server this does nothing. -#}
    {% set wanted = model.config.meta.get('distribute_by') %}
    {% if wanted %}
        {% if wanted != 'everywhere' and wanted not in primary_key_columns(model) %}
            {% do exceptions.raise_compiler_error(
                model.name ~ ' is to be distributed by ' ~ wanted ~ ': write `everywhere` or a column of its primary key ('
                ~ primary_key_columns(model) | join(', ') ~ ').'
            ) %}
        {% endif %}
        {% do run_query('do ' ~ quote_text(distribute_once(relation, wanted))) %}
    {% endif %}
{% endmacro %}

{% macro distribute_once(relation, wanted) %}
    {#- plpgsql. It does not ask citus_tables, which would wait for locks that this transaction holds. -#}
    declare
        -- By its name, because Citus makes some tables anew.
        relation constant text := {{ quote_text(relation) }};
        wanted constant text := {{ quote_text(wanted) }};
        present text;
    begin
        if not exists (select from pg_extension where extname = 'citus') then
            return;
        end if;
        select case when partmethod = 'n' and repmodel = 't' then 'everywhere' else column_to_column_name(logicalrelid, partkey) end
        into present
        from pg_dist_partition
        where logicalrelid = relation::regclass;
        if present is null and wanted = 'everywhere' then
            perform create_reference_table(relation::regclass);
        elsif present is null then
            perform create_distributed_table(relation::regclass, wanted);
            -- Otherwise the rows would also stay where they were written first.
            perform truncate_local_data_after_distributing_table(relation::regclass);
        elsif present <> wanted then
            raise exception
                '% is distributed by %, and its model says %: % changes that.',
                relation::regclass, present, wanted, {{ quote_text('`dbt run -s ' ~ model.name ~ ' --full-refresh`') }};
        end if;
    end
{% endmacro %}

{% macro wait_for_turn() %}
    {#- Before a new table is filled on a cluster. Citus locks other tables when it spreads one or adds a foreign key, so
        two that are made at once would wait for each other. It ends one of them in a way that nothing here can catch. -#}
    {% set block %}
        begin
            if exists (select from pg_extension where extname = 'citus') then
                perform pg_advisory_xact_lock(hashtextextended('distribute', 0));
            end if;
        end
    {% endset %}
    {% do run_query('do ' ~ quote_text(block)) %}
{% endmacro %}

{% macro spread_by(node) %}
    {#- The column by which the rows of a model are spread over a cluster, if one is named. -#}
    {% set column = node.config.meta.get('distribute_by') %}
    {% do return(column if column != 'everywhere' else none) %}
{% endmacro %}

{% macro shard_of(relation, column, otherwise) -%}
    {#- plpgsql for what rows are grouped by, so that each shard of a distributed table is sent its own keys alone. -#}
    {%- if column -%}
        case
            when to_regclass('pg_catalog.pg_dist_partition') is null then {{ quote_text(otherwise) }}
            else {{ quote_text('get_shard_id_for_distribution_column(' ~ quote_text(relation) ~ ', ' ~ quote_column(column) ~ ')') }}
        end
    {%- else -%}
        {{ quote_text(otherwise) }}
    {%- endif -%}
{%- endmacro %}

{% macro keep_to_one_connection() %}
    {#- Citus adds no foreign key, and writes no table that all nodes have, in a transaction that has used several
        connections to a node. Elsewhere the setting means nothing. -#}
    {% do run_query("set local citus.multi_shard_modify_mode = 'sequential'") %}
{% endmacro %}

{% macro parallel_safety() %}
    {#- How a function that counts rows is marked. An unmarked one keeps the whole query that calls it from running in
        parallel, and Citus refuses to ask its nodes from one that does. -#}
    {% do return('unsafe' if run_query("select 1 from pg_extension where extname = 'citus'").rows else 'restricted') %}
{% endmacro %}
