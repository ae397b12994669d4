"""`synapse add` beside models that people wrote as they like: dbt and PostgreSQL say what they are, not their text."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from synapse_analytics.cli import main
from tests.conftest import Warehouse
from tests.project.conftest import add, make, tree

# Per table, how its one column is declared, and its value.
TABLES = {
    **dict.fromkeys(("quoted", "tight", "own", "plain", "versioned", "starred", "renamed"), ("real", "2")),
    "status": ("text", "'low'"),
    "clock": ("text", "'2025-06-01 10:00:00'"),
}
TYPED = "as_double('amount')"
MACROS = """
{% macro money(column) %}{{ quote_column(column) }}::numeric(12, 2){% endmacro %}
{% macro staged(name) %}{{ ref('stg_shop__' ~ name) }}{% endmacro %}
"""
PLAIN = """
select id::int, amount::varchar(20) as amount, _source_row, 'shop' as source_database
from {{ source('shop', 'plain') }} -- as_text('amount') is not what it says
"""
IN_A_LINE = """
models: [{name: starred, constraints: [{type: primary_key, columns: [id]}], data_tests: [every_row_arrived], columns: [
  {name: id, data_type: text}, {name: amount, data_type: text}, {name: source_database, data_type: text}]}]
"""
STARRED = "select *, 'shop' as source_database from {{ source('shop', 'starred') }}"
VERSIONS = """
models:
  - name: stg_shop__versioned
    description: One row per `id`.
    latest_version: 2
    versions: [{v: 1}, {v: 2}]
"""
TYPES = {
    "quoted": "text",
    "tight": "numeric",
    "own": "numeric",
    "plain": "character varying",
    "versioned": "text",
    "starred": "text",
    "renamed": "bigint",
    "status": "analytics.priority_level",
    "clock": "timestamp with time zone",
}


def replace(path: Path, *pairs: tuple[str, str]) -> str:
    text = path.read_text()
    for old, new in pairs:
        assert old in text, path
        text = text.replace(old, new)
    path.write_text(text)
    return text


def rewrite_staging(root: Path) -> None:
    """Each model in a legal way that `synapse add` would not take."""
    folder = root / "models" / "staging" / "shop"
    paths = {table: folder / f"stg_shop__{table}.sql" for table in TABLES}
    (root / "macros" / "own.sql").write_text(MACROS)
    replace(paths["quoted"], (TYPED, 'as_text("amount")'))
    replace(paths["tight"], (TYPED, "as_numeric('amount')"), ("{{ as", "{{as"), (") }} as", ")}} as"))
    replace(paths["own"], (TYPED, "money('amount')"))
    paths["plain"].write_text(PLAIN)
    paths["starred"].write_text(STARRED)
    old = paths["versioned"].read_text()
    (folder / "stg_shop__versioned_v1.sql").write_text(old)
    paths["versioned"].rename(folder / "stg_shop__versioned_v2.sql").write_text(old.replace(TYPED, "as_text('amount')"))
    replace(paths["renamed"], (TYPED, "as_integer('amount')"))
    paths["renamed"].rename(folder / "renamed_typed.sql")
    replace(paths["status"], ("as_text('amount')", "as_enum('amount', 'priority_level')"))
    replace(paths["clock"], ("as_utc('amount')", "as_local_time('amount')"))
    (folder / "_shop__models.yml").write_text(VERSIONS)


@pytest.fixture
def shop(empty_project: Warehouse) -> Path:
    """A database of like tables, and staging models that people wrote."""
    tables = "".join(
        f"create table {table} (id {'text' if table == 'plain' else 'integer'} primary key, amount {declared});"
        f" insert into {table} values ('1', {value}), ('{'01' if table == 'plain' else 2}', {value});"
        for table, (declared, value) in TABLES.items()
    )
    words = " ".join(f"insert into status values ({number}, 'high');" for number in range(3, 20))
    file = make(empty_project.sqlite_dir / "shop.db", tables + words)
    assert add(file).exit_code == 0
    rewrite_staging(empty_project.root)
    return file


def test_staging_models_are_understood_however_they_are_written(empty_project: Warehouse, shop: Path) -> None:
    root = empty_project.root
    marts = root / "models" / "marts" / "sales"
    before = tree(root)
    done = add("--marts", "sales", shop)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert 'the model stg_shop__status (schema "analytics" does not exist): correct it, or build what' in done.stderr
    assert tree(root) == before
    assert empty_project.dbt("run", "-s", "+stg_shop__status").returncode == 0

    done = add("--marts", "sales", shop)
    assert done.exit_code == 0, done.stderr
    now = tree(root)
    assert {path: now[path] for path in before} == before
    assert {path.name for path in now.keys() - before.keys()} == {
        "sales",
        *(f"{table}.{kind}" for table in TABLES for kind in ("sql", "yml")),
    }
    assert "ref('renamed_typed')" in (marts / "renamed.sql").read_text()
    assert "accepted_values" not in (marts / "status.yml").read_text()
    assert "declared the primary key: id; 1 values stand there twice" in (marts / "plain.yml").read_text()
    assert "primary_key, columns: [_source_row]" in (marts / "plain.yml").read_text()
    assert "TODO: Times; never null." in (marts / "clock.yml").read_text()
    built = empty_project.dbt("run", "-s", "path:models/staging", "path:models/marts/sales")
    assert built.returncode == 0, built.stdout
    types = empty_project.query(
        "select relname, format_type(atttypid, null) from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where relnamespace = 'analytics'::regnamespace and relkind = 'r' and attname = 'amount'"
    )
    assert dict(types) == TYPES

    replace(marts / "quoted.sql", ("ref('stg", 'ref("synapse_analytics", \'stg'))
    replace(marts / "versioned.sql", ("versioned')", "versioned', v=1)"))
    replace(marts / "tight.sql", ("ref('stg_shop__tight')", "staged('tight')"))
    replace(marts / "own.yml", ("name: own", "name: everything"))
    for kind in ("sql", "yml"):
        (marts / f"own.{kind}").rename(marts / f"everything.{kind}")
    before = tree(root)
    for area in ("sales", "other"):
        done = add("--marts", area, "--diff", shop)
        assert (done.exit_code, done.stdout) == (0, "")
        assert "nothing to write" in done.stderr
    assert tree(root) == before


def test_columns_are_merged_into_what_people_wrote_or_they_are_told_the_lines(
    empty_project: Warehouse, shop: Path
) -> None:
    root = empty_project.root
    staging, marts = root / "models" / "staging" / "shop", root / "models" / "marts" / "sales"
    assert empty_project.dbt("run", "-s", "+stg_shop__status").returncode == 0
    assert add("--marts", "sales", shop).exit_code == 0
    before_quoted = replace(marts / "quoted.sql", ("        id,\n", "        id, -- as people know it\n"))
    replace(staging / "stg_shop__own.sql", ("'shop' as", "    'shop' as"), ("        _source_row", "      _source_row"))
    (marts / "starred.yml").write_text(IN_A_LINE)
    make(shop, "".join(f'alter table {table} add column "A note" text;' for table in TABLES))
    before, artifacts = tree(root), tree(root, "target", "[mr][au]n*.json")
    done = add("--marts", "sales", shop)
    assert "shop has columns that no model reads: `synapse add --diff" in done.stderr
    done = add("--marts", "sales", "--diff", shop)
    assert done.exit_code == 0
    assert tree(root) == before
    assert tree(root, "target", "[mr][au]n*.json") == artifacts  # by which `dbt retry` goes
    said = done.stderr.split("models/")
    by_hand = [words for words in said if "is written in a way of its own: put into it by hand:" in words]
    assert [words.split(" ")[0] for words in by_hand] == [
        "staging/shop/stg_shop__plain.sql",
        "marts/sales/starred.yml",
        "staging/shop/stg_shop__tight.sql",
    ]
    assert "by hand:\n        {{ as_text('A note') }} as a_note,\n" in by_hand[0]

    subprocess.run(["git", "apply", "-"], input=done.stdout, text=True, check=True, cwd=root)
    now = tree(root)
    changed = {path.relative_to(root / "models").as_posix() for path in now if now[path] != before[path]}
    merged = ("quoted", "own", "versioned_v2", "status", "clock")
    assert changed == {
        "staging/shop/_shop__sources.yml",
        "staging/shop/renamed_typed.sql",
        *(f"staging/shop/stg_shop__{name}.sql" for name in merged),
        *(f"marts/sales/{name}.{kind}" for name in TABLES for kind in ("sql", "yml")),
    } - {"marts/sales/starred.yml"}
    kept = [line for line in before_quoted.splitlines() if line not in (marts / "quoted.sql").read_text().splitlines()]
    assert kept == []

    for table in ("plain", "tight"):
        replace(staging / f"stg_shop__{table}.sql", ("_source_row", '{{ as_text("A note") }} as a_note, _source_row'))
    replace(marts / "starred.yml", ("{name: source", "{name: A note, quote: true, data_type: text}, {name: source"))
    done = add("--marts", "sales", "--diff", shop)
    assert done.stdout == ""
    assert "by hand" not in done.stderr
    built = empty_project.dbt("run", "--full-refresh", "-s", "path:models/staging", "path:models/marts/sales")
    assert built.returncode == 0, built.stdout


def test_where_git_is_missing_people_are_told_the_lines(
    empty_project: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make(empty_project.sqlite_dir / "crm.db", "create table note (id integer primary key)")
    assert add(file).exit_code == 0
    make(file, "alter table note add column body text")
    monkeypatch.setenv("PATH", "")
    done = add("--diff", file)
    assert done.exit_code == 0
    assert "stg_crm__note.sql can only be merged by git, which is not installed: put into it by hand:\n" in done.stderr
    assert "{{ as_text('body') }} as body,\n" in done.stderr
    assert "+          - name: body" in done.stdout


def test_a_project_that_dbt_cannot_read_is_said_before_anything_is_loaded(empty_project: Warehouse) -> None:
    file = make(empty_project.sqlite_dir / "crm.db")
    assert add(file).exit_code == 0
    staging = empty_project.root / "models" / "staging" / "crm" / "stg_crm__customer.sql"
    good = staging.read_text()
    loads = "select count(*) from ledger.loads"
    count = empty_project.query(loads)
    staging.write_text(good.replace("}}", "", 1))
    done = add(file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("dbt refuses the project (Compilation Error in model stg_crm__customer (models/")
    assert done.stderr.endswith(": correct that, and add again.\n")
    assert len(done.stderr.splitlines()) == 1
    assert empty_project.query(loads) == count
    staging.write_text(good.replace("as_date", "as_data"))
    done = add(file)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "'as_data' is undefined" in done.stderr
    staging.write_text(good)
    assert add(file).exit_code == 0


@pytest.mark.long
def test_a_primary_key_that_changed_is_named(empty_project: Warehouse) -> None:
    file = make(
        empty_project.sqlite_dir / "crm.db",
        "create table term (id integer primary key, lang text not null, word text unique);"
        "create table line (id integer, body text); create table part (a text, b text, primary key (a, b));"
        "create table hole (a text primary key); create table kept (id integer primary key);"
        "insert into hole values (null), ('x'); insert into term values (1, 'de', 'eins')",
    )
    assert add("--marts", "sales", file).exit_code == 0
    built = empty_project.dbt("build")
    assert built.returncode == 0, built.stdout

    def load() -> str:
        done = CliRunner(catch_exceptions=False).invoke(main, ["load", "--force"])
        assert done.exit_code == 0
        return done.stderr

    assert load() == ""
    make(
        file,
        "drop table term; create table term (id integer, lang text not null, word text unique, primary key (id, lang));"
        "insert into term values (1, 'de', 'eins'), (1, 'en', 'one');"
        "drop table line; create table line (id integer primary key, body text);"
        "drop table part; create table part (a text, b text)",
    )
    notes = [
        f"crm: the primary key of the table {table} is ({key}) in the file, and ({other}) in analytics.{table}:"
        f" if the file is right, change the key in {table}.yml, and run `dbt build --full-refresh -s {table}`."
        for table, key, other in (("line", "id", "_source_row"), ("part", "none", "a, b"), ("term", "id, lang", "id"))
    ]
    notes[1] = notes[1].replace("(none)", "none")
    assert load().splitlines() == notes
    assert add("--marts", "sales", file).stderr.splitlines() == notes
    folder = empty_project.root / "models" / "marts" / "sales"
    replace(folder / "term.yml", ("primary_key, columns: [id]", "primary_key, columns: [id, lang]"))
    replace(folder / "line.yml", ("primary_key, columns: [_source_row]", "primary_key, columns: [id]"))
    replace(folder / "part.yml", ("primary_key, columns: [a, b]", "primary_key, columns: [_source_row]"))
    item = "      - {name: _source_row, data_type: bigint, description: The rowid in SQLite.}\n"
    replace(folder / "part.yml", ("      - name: source_database\n", f"{item}      - name: source_database\n"))
    replace(folder / "part.sql", ("        source_database\n", "        _source_row,\n        source_database\n"))
    for table in ("term", "line", "part"):
        built = empty_project.dbt("build", "--full-refresh", "-s", table)
        assert built.returncode == 0, built.stdout
    assert load() == ""
    # A key that people chose among those that the file keeps to is not one that changed.
    replace(folder / "term.yml", ("primary_key, columns: [id, lang]", "primary_key, columns: [word]"))
    assert add(file).stderr == ""
