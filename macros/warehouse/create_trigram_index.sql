{% macro create_trigram_index(column) %}
    {#- The index is left unnamed, so that PostgreSQL finds a name that is free. -#}
    {% set block %}
        declare
            extension regnamespace;
        begin
            select extnamespace into extension from pg_extension where extname = 'pg_trgm';
            if extension is not null and not exists (
                select
                from pg_index
                inner join pg_attribute on attrelid = indrelid and attnum = any(indkey)
                inner join pg_opclass on pg_opclass.oid = any(indclass)
                where
                    indrelid = {{ quote_text(this) }}::regclass
                    and attname = {{ quote_text(column) }}
                    and opcnamespace = extension
                    and opcname = 'gin_trgm_ops'
            ) then
                execute format(
                    'create index on %s using gin (%I %s.gin_trgm_ops)', {{ quote_text(this) }}, {{ quote_text(column) }}, extension
                );
            end if;
        end
    {% endset %}
    do {{ quote_text(block) }}
{% endmacro %}
