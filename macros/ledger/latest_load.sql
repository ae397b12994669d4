{% macro latest_load(relation) -%}
    select max(finished_at)
    from ledger.loads
    where outcome in ('loaded', 'unchanged') and 'raw_' || database_name = {{ quote_text(relation.schema) }}
{%- endmacro %}
