-- A value that does not fit its type is null in analytics: correct it in SQLite, or ask for less in the staging model.
-- The code of the project decides, because the view rejected_values may be older.
-- depends_on: {{ ref('row_ledger') }}, which is to be built whatever this finds
with final as (
    {% if execute %}
        {{ find_rejected_values() }}
    {% else %}
        select 1 as parsed
    {% endif %}
)

select * from final
