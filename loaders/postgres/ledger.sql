-- The tables of the loader's ledger. What each column means is in models/staging/ledger/_ledger__sources.yml.
create schema if not exists ledger;  -- a superuser may have made it for the loader
create table if not exists ledger.loads (
    load_id bigint generated always as identity primary key,
    database_name text not null,
    file text not null,
    sha256 text,
    bytes bigint,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    outcome text not null check (outcome in ('loaded', 'unchanged', 'failed')),
    message text,
    has_log boolean,
    left_behind text
);
create index if not exists loads_database_name on ledger.loads (database_name, load_id);
alter table ledger.loads add column if not exists change_counter bigint;
create table if not exists ledger.table_loads (
    load_id bigint not null references ledger.loads,
    table_name text not null,
    source_rows bigint not null,
    landed_rows bigint not null,
    source_digest text not null,
    landed_digest text not null,
    seconds double precision not null,
    primary key (load_id, table_name)
);
-- What the last load left, so that the next one finds what has changed since.
create table if not exists ledger.blocks (
    database_name text not null,
    table_name text not null,
    hashes bytea not null,
    primary key (database_name, table_name)
);
create table if not exists ledger.column_profiles (
    load_id bigint not null references ledger.loads,
    table_name text not null,
    column_name text not null,
    declared_type text not null,
    integers bigint not null,
    reals bigint not null,
    texts bigint not null,
    blobs bigint not null,
    nulls bigint not null,
    primary key (load_id, table_name, column_name)
);
create table if not exists ledger.names (
    database_name text not null,
    table_name text not null,
    column_name text not null,
    raw_name text not null,
    primary key (database_name, table_name, column_name)
);
-- What of a file is no data, so that the file can be written again.
create table if not exists ledger.pragmas (
    load_id bigint not null references ledger.loads,
    pragma text not null,
    value text not null,
    primary key (load_id, pragma)
);
create table if not exists ledger.internal_rows (
    load_id bigint not null references ledger.loads,
    table_name text not null,
    source_row bigint not null,
    cells text [] not null,
    primary key (load_id, table_name, source_row)
);
-- A load holds the row of its schema to its end, so that the next one of the same schema waits.
create table if not exists ledger.locks (
    schema_name text primary key
);
