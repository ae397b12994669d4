"""Tables in monthly partitions: what a contract, a build and a full refresh promise holds for them too."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.conftest import create_database
from tests.project.conftest import add, make, read_docs

if TYPE_CHECKING:
    from tests.conftest import Warehouse

INPUT = """
create schema input;
create table input.sensor (id bigint, place text);
create table input.reading (id bigint, sensor_id bigint, occurred_at timestamptz, value numeric, label text);
create table input.alarm (id bigint, reading_id bigint, occurred_at timestamptz);
insert into input.sensor values (1, 'roof'), (2, 'cellar');
insert into input.reading values
(1, 1, '2025-01-31 23:59:59.999999+00', 1, 'a'), (2, 1, '2025-02-01 00:00+00', 2, 'b'),
(3, 2, '2025-02-28 23:30-01', 3, 'c'), (4, null, '0999-05-05 12:00+00', 4, 'd'), (5, 2, '2025-02-01 00:00+00', 5, 'e');
insert into input.alarm values (1, 1, '2025-01-31 23:59:59.999999+00');
"""
MODELS = {
    "sensor.sql": "select id, place from input.sensor",
    "reading.sql": "select id, sensor_id, occurred_at, value, label, now() as warehouse_updated_at from input.reading",
    "alarm.sql": "select id, reading_id, occurred_at from input.alarm",
    "reading.yml": """
models:
  - name: sensor
    columns: [{name: id, data_type: bigint, constraints: [{type: primary_key}]}, {name: place, data_type: text}]
  - name: reading
    description: One row per reading.
    config:
      meta: {partition_by: occurred_at}
      indexes: [{columns: [sensor_id]}, {columns: [label, occurred_at], unique: true}]
      post_hook: "{{ maintain_warehouse_updated_at() }}"
      grants: {select: [a_reader]}
    constraints: [{type: primary_key, columns: [id, occurred_at]}]
    columns:
      - name: id
        data_type: bigint
      - name: sensor_id
        data_type: bigint
        constraints: [{type: foreign_key, to: ref('sensor'), to_columns: [id]}]
      - {name: occurred_at, data_type: timestamptz, description: When the sensor was read.}
      - {name: value, data_type: numeric, constraints: [{type: not_null}, {type: check, expression: value > 0}]}
      - {name: label, data_type: text}
      - {name: warehouse_updated_at, data_type: timestamptz}
  - name: alarm
    constraints:
      - type: foreign_key
        columns: [reading_id, occurred_at]
        to: ref('reading')
        to_columns: [id, occurred_at]
    columns:
      - {name: id, data_type: bigint, constraints: [{type: primary_key}]}
      - {name: reading_id, data_type: bigint}
      - {name: occurred_at, data_type: timestamptz}
""",
}
PARTITION = "analytics_partitions.reading_{}".format
PLACES = "select tableoid::regclass::text, id from analytics.reading order by 1, 2"
# What a partition has of its own, PostgreSQL derives from these.
CATALOGUE = {
    "keys, checks and nulls": "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where connamespace = 'analytics'::regnamespace and conparentid = 0 order by 1, 2",
    "indexes": "select regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \\S+', 'INDEX'), indisvalid from pg_index"
    " where indrelid = 'analytics.reading'::regclass order by 1",
    "grants": "select relacl::text from pg_class where oid = 'analytics.reading'::regclass",
    "row security": "select relrowsecurity, polname from pg_class left join pg_policy on polrelid = pg_class.oid"
    " where pg_class.oid = 'analytics.reading'::regclass",
    "triggers": "select tgname from pg_trigger where tgrelid = 'analytics.reading'::regclass and not tgisinternal",
    "comments": "select description from pg_description where objoid = 'analytics.reading'::regclass order by 1",
    "counted for the planner": "select distinct attname from pg_stats where tablename = 'reading' and inherited"
    " and schemaname = 'analytics' order by 1",
}
# Foreign keys of partitions that are not those of their table.
OF_THEIR_OWN = (
    "select conrelid::regclass::text, conname from pg_constraint"
    " where connamespace = 'analytics_partitions'::regnamespace and contype = 'f' and conparentid = 0"
)
COMPLETE = (
    "select inhrelid::regclass::text from pg_inherits inner join pg_index on indrelid = inhrelid and indisvalid"
    " where inhparent = 'analytics.reading'::regclass group by inhrelid having count(*) = 3 order by 1"
)


@pytest.fixture
def readings(empty_project: "Warehouse") -> "Warehouse":
    """Readings of sensors, over tables that a test changes as it likes: partitioned by month, and built."""
    assert empty_project.synapse("load").returncode == 0
    empty_project.query(INPUT)
    empty_project.query("drop role if exists a_reader")
    empty_project.query("create role a_reader")
    # Somebody who waits for a lock is told so, and no test waits for ever.
    empty_project.query("alter database warehouse set lock_timeout = '2s'")
    marts = empty_project.root / "models" / "marts" / "readings"
    marts.mkdir(parents=True)
    for name, text in MODELS.items():
        (marts / name).write_text(text)
    run(empty_project)
    return empty_project


def run(project: "Warehouse", *arguments: str, exit_code: int = 0) -> str:
    done = project.dbt("run", "-s", *(arguments or ("marts.readings",)))
    assert done.returncode == exit_code, done.stdout
    return done.stdout


def rewrite(project: "Warehouse", *changes: tuple[str, str]) -> None:
    path = project.root / "models" / "marts" / "readings" / "reading.yml"
    text = path.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)


def catalogue(project: "Warehouse") -> dict[str, list[tuple]]:
    return {name: project.query(statement) for name, statement in CATALOGUE.items()}


def versions(project: "Warehouse") -> dict[int, str]:
    """Of each reading, who wrote it and where it stands."""
    return dict(project.query("select id, concat_ws(' ', tableoid::regclass, xmin, ctid) from analytics.reading"))


def months(**ids: int | tuple[int, ...]) -> list[tuple[str, int]]:
    """The rows of PLACES, from the ids in each partition."""
    return [
        (PARTITION(name.strip("_")), each)
        for name, found in sorted(ids.items())
        for each in (found if isinstance(found, tuple) else (found,))
    ]


def test_a_month_that_is_new_has_its_partition_without_keeping_a_reader_out(readings: "Warehouse") -> None:
    # Row 3 is of March in UTC.
    assert readings.query(PLACES) == months(_0999_05=4, _2025_01=1, _2025_02=(2, 5), _2025_03=3)
    before, written = catalogue(readings), versions(readings)
    assert all(before.values()), before
    reader = readings.connect()
    with reader, reader.cursor() as cursor:
        cursor.execute("select * from analytics.reading")
        for statement in (
            "insert into input.reading values (6, 2, '2025-06-30 10:00+00', 6, 'f'), (7, 1, '2025-03-03', 7, 'g')",
            "update input.reading set occurred_at = '2024-12-24 18:00+00' where id = 3",
            "update input.reading set value = 10 where id = 1",
            "delete from input.reading where id = 4",
        ):
            readings.query(statement)
        run(readings)
    reader.close()
    assert readings.query(PLACES) == months(_2024_12=3, _2025_01=1, _2025_02=(2, 5), _2025_03=7, _2025_06=6)
    assert {id for id, version in versions(readings).items() if written.get(id) == version} == {2, 5}
    assert catalogue(readings) == before
    all_months = ("0999_05", "2024_12", "2025_01", "2025_02", "2025_03", "2025_06")
    assert readings.query(COMPLETE) == [(PARTITION(month),) for month in all_months]


@pytest.mark.long
def test_a_build_of_partitions_writes_what_differs_whatever_refers_to_it(readings: "Warehouse") -> None:
    before = catalogue(readings)
    # Rows swap what is unique, and one leaves for another month together with what refers to it.
    readings.query("update input.reading set label = case id when 2 then 'e' else 'b' end where id in (2, 5)")
    readings.query("update input.reading set occurred_at = '2025-02-03 00:00+00' where id = 1")
    readings.query("update input.alarm set occurred_at = '2025-02-03 00:00+00'")
    readings.query("insert into input.reading values (6, 1, 'infinity', 6, 'f'), (7, 1, '-infinity', 7, 'g')")
    run(readings)
    assert readings.query(PLACES) == months(_0999_05=4, _2025_02=(1, 2, 5), _2025_03=3, _default=(6, 7))
    assert readings.query("select id, label from analytics.reading where id in (2, 5) order by 1") == [
        (2, "e"),
        (5, "b"),
    ]
    assert catalogue(readings) == before

    # A month that comes after the default partition, and one whose name somebody keeps for what they took out.
    readings.query("alter table analytics.reading detach partition analytics_partitions.reading_2025_03")
    readings.query("insert into input.reading values (8, 1, '9999-11-30 23:59+00', 8, 'h')")
    written = versions(readings)
    run(readings)
    assert readings.query(PLACES) == months(_0999_05=4, _2025_02=(1, 2, 5), _2025_03_2=3, _9999_11=8, _default=(6, 7))
    assert {id for id, version in versions(readings).items() if written.get(id) == version} == {1, 2, 4, 5, 6, 7}
    assert catalogue(readings) == before
    readings.query("drop table analytics_partitions.reading_2025_03")

    written = versions(readings)
    run(readings)
    assert versions(readings) == written

    # What people have put on the table stays through a full refresh, of it and of what it refers to.
    for statement in (
        "alter table analytics.reading enable row level security",
        "create policy by_hand on analytics.reading for select to a_reader using (value > 3)",
        "create function public.nothing() returns trigger language plpgsql as 'begin return new; end'",
        "create trigger by_hand before insert on analytics.reading for each row execute function public.nothing()",
        "create table public.bookmark (id bigint, at timestamptz, constraint by_hand"
        " foreign key (id, at) references analytics.reading (id, occurred_at))",
    ):
        readings.query(statement)
    before, places = catalogue(readings), [(place.replace("_03_2", "_03"), id) for place, id in readings.query(PLACES)]
    by_hand = "select conname from pg_constraint where conrelid = 'public.bookmark'::regclass and conparentid = 0"
    for models in (("sensor", "alarm"), ("reading",)):
        run(readings, *models, "--full-refresh")
        assert catalogue(readings) == before
        assert readings.query(by_hand) == [("by_hand",)]
        assert readings.query(OF_THEIR_OWN) == []
    assert readings.query(PLACES) == places

    readings.query("delete from input.sensor where id = 2")
    assert "reading.sensor_id refers to 2, not in sensor" in run(readings, "sensor", "--full-refresh", exit_code=1)


BAD = """
models:
  - name: no_column
    config: {meta: {partition_by: Happened At}}
    columns: [{name: id, data_type: bigint, constraints: [{type: primary_key}]}]
  - name: no_time
    config: {meta: {partition_by: id}}
    columns: [{name: id, data_type: bigint, constraints: [{type: primary_key}]}]
  - name: no_key
    config: {meta: {partition_by: day}}
    columns: [{name: id, data_type: bigint, constraints: [{type: primary_key}]}, {name: day, data_type: date}]
  - name: no_index
    config: {meta: {partition_by: day}, indexes: [{columns: [id], unique: true}]}
    constraints: [{type: primary_key, columns: [id, day]}]
    columns: [{name: id, data_type: bigint}, {name: day, data_type: date}]
  - name: no_parent
    config: {meta: {partition_by: day}}
    constraints: [{type: primary_key, columns: [id, day]}]
    columns: [{name: id, data_type: bigint}, {name: day, data_type: date}]
  - name: child
    columns:
      - name: id
        data_type: bigint
        constraints: [{type: primary_key}, {type: foreign_key, to: ref('no_parent'), to_columns: [id]}]
"""
DAYS = "type date, timestamp or timestamptz"
SAID = (
    f"no_column: its meta has partition_by: Happened At, which is no column of its contract: name a column of {DAYS}.",
    f"no_time: its meta has partition_by: id, a column of type bigint: name a column of {DAYS}.",
    "no_key: its meta has partition_by: day, which is not in the primary key (id): PostgreSQL keeps unique",
    "no_index: its meta has partition_by: day, which is not in the unique index (id): PostgreSQL keeps unique",
    "no_parent: its meta has partition_by: day, which is not in what child.id refers to (id): PostgreSQL keeps unique",
    "analytics.reading has partitions as RANGE (occurred_at), and its contract as none: `dbt run -s reading --full",
    "analytics.alarm has partitions as none, and its contract as RANGE (occurred_at); no key of id, occurred_at",
)


@pytest.mark.long
def test_what_cannot_be_partitioned_is_said_and_a_full_refresh_takes_a_table_there_and_back(
    readings: "Warehouse",
) -> None:
    marts = readings.root / "models" / "marts" / "bad"
    marts.mkdir()
    (marts / "bad.yml").write_text(BAD)
    for name in ("no_column", "no_time", "no_key", "no_index", "no_parent", "child"):
        (marts / f"{name}.sql").write_text("select 1::bigint as id, current_date as day")
    on = "{name: id, data_type: bigint, constraints: [{type: primary_key}]}\n      - {name: reading_id"
    rewrite(
        readings,
        ("meta: {partition_by: occurred_at}", "meta: {partition_by: null}"),
        ("  - name: alarm\n", "  - name: alarm\n    config: {meta: {partition_by: occurred_at}}\n"),
        (on, on.replace(", constraints: [{type: primary_key}]", "")),
        (
            "    constraints:\n      - type: f",
            "    constraints:\n      - {type: primary_key, columns: [id, occurred_at]}\n      - type: f",
        ),
    )
    rows = [readings.query(f"select id, occurred_at from analytics.{name} order by 1") for name in ("reading", "alarm")]
    said = run(readings, "marts.bad", "reading", exit_code=1) + run(readings, "alarm", exit_code=1)
    assert [sentence for sentence in SAID if sentence not in " ".join(said.split())] == []
    assert readings.query("select 1 from pg_class where relname ~ '^no_'") == []
    assert len(readings.query(PLACES)) == 5
    run(readings, "reading", "alarm", "--full-refresh")
    kinds = "select relkind from pg_class where oid::regclass::text ~ '^analytics.(alarm|reading)$' order by relname"
    assert readings.query(kinds) == [("p",), ("r",)]
    left = "select relname from pg_class where relnamespace = 'analytics_partitions'::regnamespace and relkind = 'r'"
    assert readings.query(left) == [("alarm_2025_01",)]
    assert rows == [
        readings.query(f"select id, occurred_at from analytics.{name} order by 1") for name in ("reading", "alarm")
    ]


LONG = "long_" * 12  # at most 50 bytes are advised, because dbt adds suffixes
ODD = f"""
models:
  - name: {LONG}
    config: {{meta: {{partition_by: Happened At}}}}
    constraints: [{{type: primary_key, columns: [id, '"Happened At"']}}]
    columns: [{{name: id, data_type: bigint}}, {{name: Happened At, quote: true, data_type: date}}]
  - name: local
    config: {{meta: {{partition_by: at}}}}
    constraints: [{{type: primary_key, columns: [id, at]}}]
    columns: [{{name: id, data_type: bigint}}, {{name: at, data_type: timestamp(0)}}]
"""


@pytest.mark.long
def test_months_are_the_same_for_every_type_and_name_and_whatever_the_session_has(readings: "Warehouse") -> None:
    marts = readings.root / "models" / "marts" / "odd"
    marts.mkdir()
    (marts / "odd.yml").write_text(ODD)
    (marts / f"{LONG}.sql").write_text('select id, day as "Happened At" from input.day')
    (marts / "local.sql").write_text("select id, (day + time '23:00')::timestamp(0) as at from input.day")
    readings.query("create table input.day as select 1::bigint as id, date '2025-01-31' as day")
    readings.query("insert into input.day values (2, '2025-02-01'), (3, '0044-03-15 BC')")
    readings.query("alter database warehouse set timezone = 'Asia/Tokyo'")
    partitions = (
        "select inhparent::regclass::text, right(inhrelid::regclass::text, 8), pg_get_expr(relpartbound, oid)"
        " from pg_inherits inner join pg_class on oid = inhrelid and relkind = 'r'"
        " where inhparent <> 'analytics.reading'::regclass order by 1, 2"
    )
    run(readings, "marts.odd")
    before = readings.query(partitions)
    assert [suffix for _, suffix, _ in before] == ["_2025_01", "_2025_02", "_default"] * 2
    assert before[0][2] == "FOR VALUES FROM ('2025-01-01 00:00:00') TO ('2025-02-01 00:00:00')"
    assert before[3][2] == "FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')"
    places = f"select tableoid::regclass::text ~ '2025_01$', id from analytics.{LONG}"
    for options in ((), ("--full-refresh",)):
        run(readings, "marts.odd", *options)
        assert readings.query(partitions) == before
        assert readings.query(f"{places} order by id") == [(True, 1), (False, 2), (False, 3)]
    assert len(readings.query(PLACES)) == 5
    readings.query("update input.reading set value = 9 where id = 3")
    run(readings, "reading")  # whose months are those of UTC
    assert len(readings.query(COMPLETE)) == 4


BY_MONTH = {"meta": {"partition_by": "happened"}}
KEY = [{"type": "primary_key", "columns": ["id", "happened"]}]


@pytest.fixture
def events(empty_project: "Warehouse") -> "Warehouse":
    """A database from SQLite to a final table that is partitioned by month, built and tested."""
    file = make(
        empty_project.sqlite_dir / "log.db",
        "create table event (id integer primary key, happened text not null, amount integer);"
        "with recursive numbers as (select 1 as n union all select n + 1 from numbers where n < 100)"
        " insert into event select n, date('2025-01-01', (n * 3) || ' days') || 'T10:00:00Z', n from numbers",
    )
    assert add("--marts", "log", file).exit_code == 0
    change_contract(empty_project, config=BY_MONTH, constraints=KEY)
    done = empty_project.dbt("build")
    assert done.returncode == 0, done.stdout
    return empty_project


def change_contract(project: "Warehouse", **changes: object) -> None:
    path = project.root / "models" / "marts" / "log" / "event.yml"
    contract = yaml.safe_load(path.read_text())
    contract["models"][0] |= changes
    path.write_text(yaml.safe_dump(contract))


@pytest.mark.long
def test_a_table_in_partitions_is_one_table_to_all_that_looks_at_tables(events: "Warehouse") -> None:
    partitions = "select count(*) from pg_inherits where inhparent = 'analytics.event'::regclass"
    assert events.query(partitions) == [(10,)]
    for verb in ("load", "verify", "report"):
        done = events.synapse(verb, *(["--force"] if verb == "load" else []))
        assert (done.returncode, done.stderr) == (0, ""), done.stderr  # and no word of another key
    assert " relations in analytics" in done.stdout
    assert add(events.sqlite_dir / "log.db").stderr == ""
    events.query("analyze")
    assert events.query(
        "select schema_name, table_name, live_rows, size_bytes = (select sum(pg_total_relation_size(inhrelid))"
        " from pg_inherits where inhparent = 'analytics.event'::regclass)"
        " from analytics.table_health where table_name ~ '^event' and schema_name <> 'raw_log'"
    ) == [("analytics", "event", 100, True)]
    assert events.synapse("docs").returncode == 0
    _, catalog = read_docs(Path(events.environment["DBT_TARGET_PATH"]) / "static_index.html")
    counted = {entry["metadata"]["name"]: entry["stats"].get("rows") for entry in catalog["nodes"].values()}
    assert counted["event"]["value"] == 100
    assert {name for name in counted if name.startswith("event")} == {"event"}

    file = events.sqlite_dir / "all.backup"
    assert events.synapse("backup", str(file)).returncode == 0
    create_database(events.environment, "elsewhere")
    restored = events.synapse("restore", str(file), PGDATABASE="elsewhere")
    assert restored.returncode == 0, restored.stderr
    rows = "select tableoid::regclass::text, count(*), sum(amount) from analytics.event group by 1 order by 1"
    assert replace(events, environment=events.environment | {"PGDATABASE": "elsewhere"}).query(rows) == events.query(
        rows
    )

    # The hook of a second build writes into a partition, which is seen.
    again = "update {{ this }} set amount = amount where id = 1"
    change_contract(events, config=BY_MONTH | {"post_hook": again})
    done = events.synapse("test")
    assert done.returncode == 1
    assert "A second build of the same data wrote into event: " in done.stderr
