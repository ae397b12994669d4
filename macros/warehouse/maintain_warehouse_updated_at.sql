{% macro maintain_warehouse_updated_at() %}
    {% if execute %}
        {% set extension = run_query("select extnamespace::regnamespace from pg_extension where extname = 'moddatetime'") %}
        {% set trigger = run_query(
            "select tgname from pg_trigger where tgrelid = '" ~ this ~ "'::regclass and tgname = '" ~ this.identifier ~ "_updated_at'"
        ) %}
        {% if extension and not trigger %}
            create trigger {{ this.identifier }}_updated_at before update on {{ this }}
            for each row execute function {{ extension.rows[0][0] }}.moddatetime(warehouse_updated_at)
        {% endif %}
    {% endif %}
{% endmacro %}
