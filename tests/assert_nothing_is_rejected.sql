-- A value that does not fit its type is null in analytics: correct it in SQLite, or ask for less in the staging model.
-- depends_on: {{ ref('row_ledger') }}, which is to be built whatever this finds
select
    source_database,
    source_table,
    column_name,
    wanted_type,
    raw_value,
    source_row
from {{ ref('rejected_values') }}
