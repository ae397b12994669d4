{% macro prepare_warehouse() %}
    {#- What may fail is the hook's own statement. An error while it is rendered would end dbt with 2, without a
        summary. In a project that has this one as a package, the hook does nothing. -#}
    {% if execute and flags.WHICH in ['build', 'run'] and model.package_name == project_name %}
        {% set refusal = check_server() %}
        {% if refusal %}
            {{ fail_run(refusal) }}
        {% else %}
            {% do create_extensions(['pg_trgm', 'moddatetime', 'pg_stat_statements']) %}
            {{ refuse_to_build_less() }}
            {{ wait_for_another_run() }};
            create schema if not exists {{ quote_column(target.schema) }};
            {{ create_count_rows() }}
            {{ create_enums() }}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro wait_for_another_run() %}
    {#- Two runs that begin at once would alter the same function. Any login could hold this lock, so nobody waits for
        it longer than another run takes to begin. -#}
    {% set block %}
        declare
            patience constant text := current_setting('lock_timeout');
        begin
            set local lock_timeout = '5s';
            perform pg_advisory_xact_lock(hashtextextended('prepare_warehouse', 0));
            perform set_config('lock_timeout', patience, true);
        exception when lock_not_available then
            null;
        end
    {% endset %}
    do {{ quote_text(block) }}
{% endmacro %}

{% macro check_server() %}
    {% set server = run_query(
        "select current_setting('server_version_num')::int / 10000 as major, to_regclass('ledger.loads') is null as is_empty,"
        " getdatabaseencoding() as encoding"
    ).rows[0] %}
    {% if server.major < 16 %}
        {% do return('PostgreSQL 16 or newer is needed; this server is ' ~ server.major ~ '.') %}
    {% elif server.encoding != 'UTF8' %}
        {% do return('This database is encoded in ' ~ server.encoding ~ ': create one with UTF8 and name it in PGDATABASE.') %}
    {% elif server.is_empty %}
        {% do return('Nothing has been loaded into this database: run `synapse load` first.') %}
    {% endif %}
    {% do return('') %}
{% endmacro %}

{% macro create_count_rows() %}
    {#- The row ledger is a view over tables that may not be built yet, so it has to look them up when it is read.
        The function runs any SQL that it is given, so only its owner, who runs the project, may call it. -#}
    {% set body %}
        declare
            counted bigint;
        begin
            if to_regclass(relation) is not null then
                execute format('select count(*) from %s where %s', relation, condition) into counted;
            end if;
            return counted;
        end
    {% endset %}
    {% set schema = quote_column(target.schema) %}
    create or replace function {{ schema }}.count_rows(relation text, condition text) returns bigint
    language plpgsql stable parallel {{ parallel_safety() }} set search_path = pg_catalog, pg_temp as {{ quote_text(body) }};
    revoke all on function {{ schema }}.count_rows(text, text) from public;
{% endmacro %}

{% macro create_extensions(extensions) %}
    {#- In public, because the search_path of this login or database may name no schema. -#}
    {% for extension in extensions %}
        {% set statement = 'create extension if not exists ' ~ quote_column(extension) ~ ' schema public' %}
        {% do run_query('do ' ~ quote_text('begin ' ~ statement ~ '; exception when others then null; end')) %}
    {% endfor %}
    {% set present = run_query('select extname from pg_extension').columns[0].values() %}
    {% set absent = extensions | reject('in', present) | join(', ') %}
    {% if absent %}
        {% do log('This server lacks ' ~ absent ~ ', or does not let us create it: built without (docs/operations.md).', info=true) %}
    {% endif %}
{% endmacro %}

{% macro create_enums() %}
    {% set labels = run_query(
        "select t.typname, e.enumlabel from pg_type as t join pg_enum as e on e.enumtypid = t.oid"
        " where t.typnamespace = to_regnamespace(" ~ quote_text(quote_column(target.schema)) ~ ") order by e.enumsortorder"
    ).rows %}
    {% for enum, wanted in var('enums', {}).items() %}
        {% set type = quote_column(target.schema) ~ '.' ~ quote_column(enum) %}
        {% set present = labels | selectattr('typname', 'equalto', enum) | map(attribute='enumlabel') | list %}
        {% if not present %}
            {% set statement = 'create type ' ~ type ~ ' as enum (' ~ quote_texts(wanted) ~ ')' %}
            do {{ quote_text('begin ' ~ statement ~ '; exception when duplicate_object then null; end') }};
        {% else %}
            {% for label in wanted if label not in present %}
                {% set place = 'after ' ~ quote_text(wanted[wanted.index(label) - 1]) if wanted.index(label) else 'before ' ~ quote_text(present[0]) %}
                alter type {{ type }} add value if not exists {{ quote_text(label) }} {{ place }};
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}
