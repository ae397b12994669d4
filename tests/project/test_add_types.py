"""The types that an expert would choose, and what `synapse add` says where the values leave a doubt."""

import re
from collections.abc import Iterator

import pytest

from tests.comparison import read_casts
from tests.conftest import Warehouse
from tests.project.conftest import add, make

MANY = "with recursive n (i) as (select 1 union all select i + 1 from n limit 400)"
# Each column is named after the cast that an expert would choose, before the words that its name needs to have.
TABLES = f"""
create table zeros (
    as_integer__published integer, as_integer__sent integer default 0, as_integer__days_until_due integer,
    as_epoch_seconds__received integer
);
insert into zeros values (0, 0, 0, 0), (0, 0, 0, 1750404900);

create table epochs (
    as_epoch_seconds__mtime, as_epoch_milliseconds__dttm, as_epoch_milliseconds__tstamp, as_epoch_microseconds__crt,
    as_webkit_microseconds__last_visit_time, as_integer__number_of_visits,
    as_apple_seconds__zdate timestamp, as_double__level
);
insert into epochs values
    (1750404900, 1750404900123, 1750404900123.25, 1750404900123456, 13394878500123456, 1750404900, 694224000.25, 1.5),
    (1750404901, 1750404901123, 1750404901123.5, 1750404901123456, 13394878501123456, 3, 694224001, 2);

create table payments (
    as_numeric__amount decimal(5,2), as_numeric__money money, as_double__ratio real, as_double__vast numeric
);
insert into payments values (2.99, 5, 0.5, 1e300), (0.1, 10, 1, 1e-300), (0.2, 0, 2.5, 5);

create table flags (
    as_boolean__synced integer, as_boolean__taxable integer, as_boolean__required integer,
    as_boolean__urgent integer check (as_boolean__urgent in (0, 1)), as_boolean__verbose integer,
    as_integer__count integer
);
insert into flags values (0, 1, 0, 1, 1, 1), (1, 0, 1, 1, 0, 0);

create table lone (as_integer__level integer, as_boolean__agreed text);
insert into lone values (0, 'Y'), (1, 'N');

create table prices (as_text__guid text(32), as_utc__date text(19), as_utc__entered text(19));
insert into prices values ('a', '2024-07-01 10:59:00', '2024-07-01 10:59:00');
create table entries (
    as_utc__date text(19), as_utc__was_entered text(19), as_text__start_date text(8), as_date__date text
);

create table shapes (as_bytes__geometry multipolygon, as_text__fine datetime);
insert into shapes values (x'00ff', '2024-01-01T10:00:00.1234567');

create table visits (
    as_text__arrived text, as_text__born text, as_text__answered text, as_text__level real, as_text__phone text,
    as_text__price text
);
insert into visits select '2024-03-01T10:' || printf('%02d', i % 60) || ':00', '1980-01-' || printf('%02d', i % 28 + 1),
    case when i % 2 then 'yes' else 'no' end, i / 10.0, '2024-03-01', i || '.50' from ({MANY} select i from n);
insert into visits values ('21.03.2024', '0000-00-00', '', 'NaN', 'none of yours', '?');
"""
CLOCKS = f"""
create table tasks (as_local_time__started datetime, as_local_time__finished datetime, as_utc__logged datetime
    default current_timestamp);
insert into tasks values ('2024-07-01 10:00:00.123456', null, null), ('2024-07-01 11:00:00.654321', null, null);
create table plans (as_local_time__due datetime);
create table skipped (as_local_time__at text);
insert into skipped select '2025-06-01T10:' || printf('%02d', i % 60) || ':00.5' from ({MANY} select i from n);
insert into skipped values ('2025-03-30T03:30:00.5');
"""
NEAR = {
    "arrived: 400 ISO times, 1 of another form (row 401: '21.03.2024'); as_local_time would make it null",
    "born: 400 ISO dates, 1 of another form (row 401: '0000-00-00'); as_date would make it null",
    "answered: 400 truth values, 1 of another form (row 401: ''); as_boolean would make it null",
    "level: 400 numbers, 1 of another form (row 401: 'NaN'); as_double would make it null",
    "phone: 400 ISO dates, 1 of another form (row 401); as_date would make it null",
    "price: 400 decimal numbers, 1 of another form (row 401: '?'); as_numeric would make it null",
}


def casts(project: Warehouse, name: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each column with the cast that it should have, and what it has."""
    for model in sorted((project.root / "models" / "staging" / name).glob("*.sql")):
        for column, call in read_casts(model.read_text()).items():
            yield f"{model.stem}.{column}", column.partition("__")[0], call


def remarks(said: str, table: str) -> set[str]:
    """What is remarked on the columns of a table, without the casts in their names."""
    lines = [line.removeprefix(f"{table}.") for line in said.splitlines() if line.startswith(f"{table}.")]
    return {re.sub("as_[a-z_]+?__", "", line) for line in lines}


def test_types_are_those_that_an_expert_would_choose(empty_project: Warehouse) -> None:
    done = add(make(empty_project.sqlite_dir / "app.db", TABLES))
    assert done.exit_code == 0, done.stderr
    found = list(casts(empty_project, "app"))
    assert [name for name, wanted, (cast, *_) in found if cast != wanted] == []
    assert len(found) == len(re.findall("as_[a-z_]+__", TABLES)) - 1  # one of them is in a check
    assert remarks(done.stdout, "visits") == NEAR
    fine = "1 of 1 rows hold a time with more than 6 digits of a second, which PostgreSQL does not keep"
    assert remarks(done.stdout, "shapes") == {f"fine: {fine}"}
    built = empty_project.dbt("build")
    assert built.returncode == 0, built.stdout
    exact = "extract(epoch from {}) * 1000000"
    columns = ("as_epoch_seconds__mtime", "as_epoch_milliseconds__dttm", "as_epoch_milliseconds__tstamp")
    columns += ("as_epoch_microseconds__crt", "as_webkit_microseconds__last_visit_time", "as_apple_seconds__zdate")
    select = ", ".join(f"({exact.format(column)})::bigint" for column in columns)
    assert empty_project.query(f"select {select} from staging.stg_app__epochs order by 1 limit 1") == [
        (
            *(1750404900000000, 1750404900123000, 1750404900123250, 1750404900123456),
            *(13394878500123456 - 11644473600000000, 694224000250000 + 978307200000000),
        )
    ]
    (total,) = empty_project.query("select sum(as_numeric__amount)::text from staging.stg_app__payments")
    assert total == ("3.29",)


def test_a_file_has_one_clock_unless_its_values_say_otherwise(empty_project: Warehouse) -> None:
    done = add(make(empty_project.sqlite_dir / "app.db", CLOCKS))
    assert done.exit_code == 0, done.stderr
    assert [name for name, wanted, (cast, *_) in casts(empty_project, "app") if cast != wanted] == []
    assert "4 columns read as Europe/Bucharest\n1 column read as UTC\n" in done.stdout
    assert remarks(done.stdout, "skipped") == {
        "at: 1 of 401 rows hold a time that the clock of Europe/Bucharest skips in spring"
        " (row 401: '2025-03-30T03:30:00.5'): read as an hour later"
    }
    text = (empty_project.root / "models" / "staging" / "app" / "_app__sources.yml").read_text()
    assert "Times, read as Europe/Bucharest" in text
    built = empty_project.dbt("build")
    assert built.returncode == 0, built.stdout


@pytest.mark.parametrize("marker", ["django_migrations (id)", "alembic_version (version_num)"])
def test_a_file_of_a_program_that_writes_utc_is_read_as_utc(empty_project: Warehouse, marker: str) -> None:
    done = add(make(empty_project.sqlite_dir / "app.db", CLOCKS + f"create table {marker};"))
    assert done.exit_code == 0, done.stderr
    times = [call for _, wanted, call in casts(empty_project, "app") if wanted.startswith("as_")]
    assert times == [("as_utc",)] * len(times)
    assert "5 columns read as UTC\n" in done.stdout


def test_a_source_may_have_a_zone_of_its_own(empty_project: Warehouse) -> None:
    file = make(empty_project.sqlite_dir / "app.db", CLOCKS)
    refused = add("--timezone", "Mars/Base", file)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "PostgreSQL knows no time zone 'Mars/Base': name one as in Europe/Berlin." in refused.stderr
    assert not (empty_project.root / "models" / "staging" / "app").exists()
    assert add("--timezone", "America/New_York", file).exit_code == 0
    calls = {name: call for name, _, call in casts(empty_project, "app")}
    assert calls["stg_app__plans.as_local_time__due"] == ("as_local_time", "America/New_York")
    assert calls["stg_app__tasks.as_utc__logged"] == ("as_utc",)
    assert empty_project.dbt("run", "-s", "stg_app__tasks").returncode == 0
    at = "select min(as_local_time__started at time zone 'UTC')::text from staging.stg_app__tasks"
    assert empty_project.query(at) == [("2024-07-01 14:00:00.123456",)]


def test_a_set_of_words_is_a_guess_and_one_that_is_open_has_no_test(empty_project: Warehouse) -> None:
    script = f"""
        create table job (id integer primary key, status text, content_type text);
        insert into job select i, case when i % 3 then 'success' else 'failed' end,
            case when i % 3 then 'application/pdf' else 'text/html' end from ({MANY} select i from n);
    """
    file = make(empty_project.sqlite_dir / "app.db", script)
    assert add(file).exit_code == 0
    text = (empty_project.root / "models" / "staging" / "app" / "_app__models.yml").read_text()
    assert text.count("accepted_values") == 1
    assert empty_project.dbt("build").returncode == 0
    make(file, "insert into job values (401, 'retried', 'image/png')")
    assert empty_project.synapse("load").returncode == 0
    built = empty_project.dbt("build")
    assert built.returncode == 0, built.stdout
    assert "WARN=1 " in built.stdout


def test_a_reference_that_holds_only_without_case_names_the_collation(empty_project: Warehouse) -> None:
    script = """
        create table parent (code text primary key collate nocase); insert into parent values ('abc');
        create table child (code text references parent collate nocase); insert into child values ('ABC');
        create table orphan (code text references parent); insert into orphan values ('xyz');
    """
    done = add(make(empty_project.sqlite_dir / "app.db", script))
    assert done.exit_code == 0, done.stderr
    said = "declared a reference: code to parent (code); 1 of 1 rows"
    assert f"child: {said} find their row only without case (collate nocase)" in done.stdout
    assert f"orphan: {said} refer to no row of it" in done.stdout


def test_what_is_left_to_say_is_counted_and_said_once_for_each_column(empty_project: Warehouse) -> None:
    script = (
        "create table item (id integer primary key, note text, made date, used date); insert into item (id) values (1)"
    )
    done = add("--marts", "shop", make(empty_project.sqlite_dir / "app.db", script))
    written = {path: path.read_text() for path in (empty_project.root / "models").rglob("*") if path.suffix == ".yml"}
    columns = [text for text in written.values() if "name: made" in text]
    assert [text.count("TODO: Days; always null.") for text in sorted(columns)] in ([0, 2], [2, 0])
    assert not any("no value yet" in text for text in written.values())
    todo = sum(text.count("TODO:") for path, text in written.items() if path.name in done.stdout)
    assert f"next: replace the {todo} TODOs in them" in done.stdout
