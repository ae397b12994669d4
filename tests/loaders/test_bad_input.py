"""What a person can put right is said in one sentence, with exit code 1, and nothing is written anywhere."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from synapse_analytics.postgres import embedded
from synapse_analytics.postgres.connection import connect, data_directory, parameters
from tests.conftest import folder_for_a_server

if TYPE_CHECKING:
    from tests.loaders.conftest import Project


def cut(project: "Project", size: Callable[[int], int]) -> None:
    os.truncate(project.file, size(project.file.stat().st_size))


def swap_two_pages(project: "Project") -> None:
    content = project.file.read_bytes()
    fourth, fifth = content[3 * 4096 : 4 * 4096], content[4 * 4096 : 5 * 4096]
    project.file.write_bytes(content[: 3 * 4096] + fifth + fourth + content[5 * 4096 :])


def put_a_folder_in_its_place(project: "Project") -> None:
    project.file.unlink()
    project.file.mkdir()


def put_a_pipe_in_its_place(project: "Project") -> None:
    project.file.unlink()
    os.mkfifo(project.file)


def widen(project: "Project") -> None:
    names = [f"c{i}" for i in range(2000)]
    project.make(f"drop table t; create table t ({', '.join(names)})")
    project.declare({"t": names})


def varint(number: int) -> bytes:
    """A number as SQLite writes it into rows, in five bytes."""
    return bytes((number >> shift & 127) | (128 if shift else 0) for shift in range(28, -1, -7))


def lie_about_a_length(project: "Project") -> None:
    """A row says that it is of 818 MB, so much that it is not read, in place of its length and its header."""
    content = bytearray(project.file.read_bytes())
    text = content.index(b"\x02\x5d" + b"0" * 40, 3 * 4096) + 2
    size = 489 + 200_000 * 4092  # of which 489 bytes are on this page
    row_id = content[text - 4 : text - 2]
    content[text - 5 : text + 8] = varint(size) + row_id + b"\x06" + varint(2 * (size - 6) + 13)
    project.file.write_bytes(content)


def lose_power_in_a_transaction(project: "Project") -> None:
    with project.sqlite("pragma cache_size = 1; begin; update t set a = 'x'"):
        files = {path: path.read_bytes() for path in project.file.parent.iterdir()}
    for path, content in files.items():
        path.write_bytes(content)


def break_the_server(project: "Project", statement: str, **environment: str) -> None:
    connection = project.warehouse.connect()
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()
    os.environ.update(environment)  # put back by the fixture `project`


YAML = "cannot be read as dbt source YAML ("
TWICE = b"sources: [{name: app, schema: raw_app}, {name: app, schema: raw_app}]"
ASCII = "create database ascii encoding 'SQL_ASCII' template template0"
BAD_NAME = "or a column of it, has a name that is empty, not UTF-8 or over 1 kB: rename it."
NAMES_ITS_DATABASE: dict[str, tuple[Callable[["Project"], object], str]] = {
    "no directory": (lambda p: os.environ.update(SYNAPSE_SQLITE_DIR="/no"), "no directory /no: set SYNAPSE_SQLITE_DIR"),
    "no file": (lambda p: p.file.unlink(), "app.db does not exist: put it there or set SYNAPSE_SQLITE_DIR"),
    "a folder": (put_a_folder_in_its_place, "app.db is not a file: put it there"),
    "a pipe": (put_a_pipe_in_its_place, "app.db is not a file: put it there"),
    "a text": (lambda p: p.file.write_text("a,b\n" * 999), "it is not SQLite, or it is encrypted; put a SQLite"),
    "cut in half": (lambda p: cut(p, lambda size: size // 2), "it is truncated or damaged; restore it from a copy."),
    "cut by a page": (
        lambda p: cut(p, lambda size: size - 4096),
        "it is truncated or damaged; restore it from a copy.",
    ),
    "cut by a byte": (lambda p: cut(p, lambda size: size - 1), "its last page is cut off): restore it from a copy."),
    "two pages swapped": (swap_two_pages, "app.db is damaged (*** in database main"),
    "a length that is a lie": (lie_about_a_length, "app.db is damaged (*** in database main"),
    "half written": (lose_power_in_a_transaction, "open it once with `sqlite3`"),
    "no such table": (lambda p: p.declare({"t": ["a"], "gone": []}), "the declared table gone is not in "),
    "no such column": (lambda p: p.declare({"t": ["a", "gone"]}), "the declared column t.gone is not in "),
    "too many columns": (
        widen,
        "app.db has 2,000 columns, and PostgreSQL takes 1,599 and `_source_row`: split the table.",
    ),
    "no name": (lambda p: p.make('create table "" (a)'), BAD_NAME),
    "a long name": (lambda p: p.make(f"create table u ({501 * 'ă'})"), BAD_NAME),
}
BAD: dict[str, tuple[Callable[["Project"], object], str]] = NAMES_ITS_DATABASE | {
    "broken YAML": (lambda p: p.sources().write_text("sources: ["), f"{YAML}while parsing"),
    "YAML not UTF-8": (lambda p: p.sources().write_bytes(b"sources: \xff"), f"{YAML}'utf-8' codec can't decode"),
    "an impossible date": (lambda p: p.sources().write_text("sources: 2024-99-99"), f"{YAML}month must be in 1..12"),
    "no source name": (lambda p: p.sources().write_text("sources: [{schema: raw_app}]"), f"{YAML}'name' is missing)"),
    "another schema": (
        lambda p: p.sources().write_text("sources: [{name: a, schema: raw_b}]"),
        "the schema raw_a, not",
    ),
    "declared twice": (lambda p: p.sources().write_bytes(TWICE), "declares app again: keep one declaration."),
    "a name too long": (lambda p: p.declare({}, "a" * 60), "would be too long or not be text: rename the database."),
    "no server": (lambda p: os.environ.update(PGHOST="/no"), "PostgreSQL cannot be reached (connection to server on"),
    "not up": (lambda p: os.environ.update(PGHOST=""), "start it with `synapse up`."),
    "no database": (
        lambda p: os.environ.update(PGDATABASE="no"),
        'database "no" does not exist): check PGHOST, PGPORT',
    ),
    "a bad port": (lambda p: os.environ.update(PGPORT="many"), "PostgreSQL cannot be reached (invalid"),
    "not UTF-8": (lambda p: break_the_server(p, ASCII, PGDATABASE="ascii"), "is encoded in SQL_ASCII: create one with"),
    "no right": (
        lambda p: break_the_server(p, "create role guest login", PGUSER="guest"),
        "The user guest may not create",
    ),
    "read-only": (
        lambda p: break_the_server(p, "alter database warehouse set default_transaction_read_only = on"),
        "The database warehouse is read-only here: name the primary server in PGHOST.",
    ),
}


@pytest.fixture(autouse=True)
def healthy(project: "Project") -> None:
    """A project that would load, until a test damages it."""
    rows = "with recursive n(i) as (select 1 union all select i + 1 from n limit 2000) select hex(zeroblob(20)) from n"
    project.make(f"create table t (a); insert into t {rows}")
    project.declare({"t": ["a"]})


def assert_refused(project: "Project", *sentences: str, schemas: tuple[str, ...] = ()) -> list[str]:
    before = sorted(project.root.parent.rglob("*"))
    for verb in ("check", "load"):
        done = project.synapse(verb)
        lines = done.stderr.splitlines()
        assert (done.exit_code, done.stdout, len(lines)) == (1, "", len(sentences)), done.stderr
        assert all(sentence in line for sentence, line in zip(sentences, lines, strict=True)), done.stderr
    assert sorted(project.root.parent.rglob("*")) == before
    assert project.schemas() == [*schemas]
    return lines


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_refused_in_one_sentence(project: "Project", bad: str) -> None:
    damage, sentence = BAD[bad]
    assert project.synapse("check").exit_code == 0
    damage(project)
    # Where the file has to be read through to see it, the ledger tells of the load that was rolled back.
    schemas = ("ledger",) if sentence.startswith("app.db is damaged") else ()
    (line,) = assert_refused(project, sentence, schemas=schemas)
    assert line.startswith("app: ") == (bad in NAMES_ITS_DATABASE)


def test_everything_that_is_wrong_is_said_at_once(project: "Project") -> None:
    project.declare({"t": ["a", "gone"], "lost": []})
    project.declare({}, "other")
    os.environ["PGDATABASE"] = "no"
    assert_refused(project, 'database "no"', "declared table lost", "declared column t.gone", "other.db does not exist")


def test_an_unknown_name_is_refused_with_the_names_there_are(project: "Project") -> None:
    sentence = "ap is neither a declared database nor a file: declared are app.\n"
    assert project.synapse("load", "ap").stderr == sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(project: "Project") -> None:
    project.file.chmod(0)
    assert_refused(project, "give yourself the right to read it")


def test_an_older_server_is_refused(project: "Project", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synapse_analytics.postgres.connection.OLDEST_VERSION", 99)
    assert_refused(project, "use 99 or newer.")


def test_what_somebody_elses_schema_forbids_is_said_in_one_sentence(project: "Project") -> None:
    project.query("create schema ledger; create view ledger.loads as select 1 as load_id")
    done = project.synapse("load")
    assert (done.exit_code, done.stderr.count("\n"), project.schemas()) == (1, 1, ["ledger"])


def test_a_wrong_password_is_refused_and_never_shown(project: "Project") -> None:
    os.environ["PGHOST"] = ""
    with folder_for_a_server() as root:
        embedded.up(root)
        target = parameters(root)
        try:
            with connect(root) as connection, connection.cursor() as cursor:
                cursor.execute("alter role synapse password 'right'; commit")
                (data_directory(root) / "pg_hba.conf").write_text("local all all scram-sha-256\n")
                cursor.execute("select pg_reload_conf()")
            os.environ.update(PGHOST=target["host"], PGPORT=target["port"], PGUSER=target["user"], PGDATABASE="synapse")
            environment = os.environ | {"PGPASSWORD": "s3cret"}
            while True:  # until the server has read its configuration again
                done = project.warehouse.run("synapse", "check", root=project.root, **environment)
                if done.returncode:
                    break
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
            assert "password authentication failed" in done.stderr
            assert "s3cret" not in done.stderr
            psycopg2.connect(**target, password="right").close()
        finally:
            embedded.down(root)


def test_a_row_wider_than_a_page_of_postgresql_is_refused_with_its_line(project: "Project") -> None:
    names = ", ".join(f"c{i}" for i in range(1599))
    project.make(f"create table wide ({names}); insert into wide (c0) values (1)")
    project.load()
    full = ", ".join("'a text that is moved out of the row'" for _ in range(1599))
    project.make(f"insert into wide values ({full})")
    done = project.synapse("load")
    assert (done.exit_code, done.stderr.count("app: PostgreSQL refused the load (row is too big: ")) == (1, 1)
    assert "COPY wide, line " in done.stderr
    assert project.column("select c0 from raw_app.wide") == ["1"]


def test_every_flipped_bit_is_refused_or_loads_what_sqlite_reads(project: "Project") -> None:
    project.file.unlink()
    project.make(
        "pragma page_size = 512; create table t (a text, b, c as (b + 1)); create index i on t (b);"
        "create table k (a primary key, b) without rowid;"
        "with recursive n (i) as (select 1 union all select i + 1 from n limit 40)"
        " insert into t select 'text ' || i, i * 1.5 from n; insert into k select a, b from t;"
        "insert into t values (hex(zeroblob(900)), x'00ff')"
    )
    project.declare({})
    whole = project.file.read_bytes()
    refused = loaded = 0
    # Every part of every page is hit, each in another bit; 37 has no factor in common with a page's bits.
    for place in range(0, len(whole) * 8, 37 * (len(whole) // 500)):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        project.file.write_bytes(damaged)
        done = project.synapse("load")
        if done.exit_code:
            assert all(line.startswith("app: ") for line in done.stderr.splitlines()), (place, done.stderr)
            refused += 1
        else:
            # Names may have changed too, and what vanished is refused: what was loaded is in the file.
            assert project.landed() == project.content(), place
            loaded += 1
    assert refused > 10
    assert loaded > 10


@pytest.mark.long
def test_a_value_that_postgresql_cannot_hold_is_refused_unread_and_named(project: "Project") -> None:
    for ddl, row in (("create table big (a, b)", 7), ("create table big (k primary key, a, b) without rowid", 1)):
        project.make("drop table if exists big")
        project.make(f"{ddl}; vacuum")
        key = "rowid" if row == 7 else "k"
        small = "" if row == 1 else "(5, 'x', 'y'), (6, 'x', 'y'), "
        project.make(f"insert into big ({key}, a, b) values {small}(7, 'x', zeroblob(500000001))")
        # With room for Python and its libraries alone, in kilobytes.
        command = ["sh", "-c", 'ulimit -v 400000; exec "$0" load', Path(sys.executable).with_name("synapse")]
        done = subprocess.run(command, capture_output=True, text=True)
        sentence = f"app: b of row {row} of the table big in {project.file} exceeds 500 MB, the most that is loaded"
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert done.stderr.startswith(sentence)
        assert "raw_app" not in project.schemas()
