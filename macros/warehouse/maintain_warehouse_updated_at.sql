{% macro maintain_warehouse_updated_at() %}
    {% set block %}
        declare
            dating regprocedure;
        begin
            select to_regprocedure(format('%s.moddatetime()', extnamespace::regnamespace)) into dating
            from pg_extension
            where extname = 'moddatetime';
            if dating is not null and not exists (
                select from pg_trigger where tgrelid = {{ quote_text(this) }}::regclass and tgfoid = dating
            ) then
                execute format(
                    'create trigger %I before update on %s for each row execute function %s(warehouse_updated_at)',
                    {{ quote_text(this.identifier ~ '_updated_at') }},
                    {{ quote_text(this) }},
                    dating::regproc
                );
            end if;
        end
    {% endset %}
    do {{ quote_text(block) }}
{% endmacro %}
