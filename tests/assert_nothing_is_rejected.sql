-- A value that does not fit its type is null in analytics: correct it in SQLite, ask for less in the staging model, or
-- accept it in the seed accepted_odd_values.
-- The code of the project decides, because the view rejected_values may be older.
-- depends_on: {{ ref('accepted_odd_values') }}
-- depends_on: {{ ref('row_ledger') }}, which is to be built whatever this finds
with rejected as (
    {% if execute %}
        {{ find_rejected_values() }}
    {% else %}
        select false as is_accepted
    {% endif %}
),

final as (
    select *
    from rejected
    where not is_accepted
)

select * from final
