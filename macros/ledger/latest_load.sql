{% macro latest_load(relation) -%}
    {%- set outcomes = ['loaded'] if env_var('SYNAPSE_LOADED_AT', '') == 'change' else ['loaded', 'unchanged'] -%}
    select max(finished_at)
    from ledger.loads
    where
        outcome = any(array[{{ quote_texts(outcomes) }}])
        and 'raw_' || database_name = {{ quote_text(relation.schema) }}
{%- endmacro %}
