"""What `synapse add` leaves to people: tables to leave out, views to write anew, secrets to look at."""

import pytest

from tests.conftest import Warehouse
from tests.project.conftest import add, make

SHOP = """
create table item (id integer primary key, name text);
create table django_session (session_key text primary key, session_data text);
create table Django_Log (id integer primary key, item integer references item);
create table "{{ odd }}" (a);
create view "../../pwned" as select id, '{{ 1 / 0 }} {% endif %} {# ' as name from item where id<id+1;
create view cheap as
    select id from item where name = '</script><script>alert(1)</script>';
insert into item values (1, 'a');
"""


@pytest.fixture
def shop(empty_project: Warehouse) -> Warehouse:
    make(empty_project.sqlite_dir / "shop.db", SHOP)
    return empty_project


def test_tables_are_left_out_on_purpose_and_named_wherever_rows_are_counted(shop: Warehouse) -> None:
    file = shop.sqlite_dir / "shop.db"
    refused = add("--exclude", "{{*", file)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "shop: dbt's YAML takes signs in '{{*' for its own: write ? in their place." in refused.stderr
    done = add("--exclude", "DJANGO_*", "--exclude", "?? odd*", "--exclude", "nothing", file)
    assert done.exit_code == 0, done.stderr
    left = "shop: left behind in SQLite: 3 tables left out on purpose (Django_Log, django_session, {{ odd }}), 2 views"
    assert left in done.stderr
    assert "shop: no table is called nothing, which is excluded." in done.stderr
    assert shop.query("select tablename from pg_tables where schemaname = 'raw_shop'") == [("item",)]
    assert shop.dbt("build").returncode == 0
    for command in ("check", "load", "verify"):
        assert left in shop.synapse(command).stderr, command
    report = shop.synapse("report")
    assert report.returncode == 0, report.stdout
    assert left in report.stdout
    refused = add("--exclude", "item", file)
    assert refused.exit_code == 1
    assert "shop: it is declared already: write item into the list config.meta.excluded of its source" in refused.stderr


def test_a_table_that_is_declared_and_excluded_is_named(shop: Warehouse) -> None:
    assert add("--exclude", "django_*", shop.sqlite_dir / "shop.db").exit_code == 0
    sources = shop.root / "models" / "staging" / "shop" / "_shop__sources.yml"
    sources.write_text(sources.read_text().replace("django_*", "it*m"))
    checked = shop.synapse("check")
    assert checked.returncode == 1
    assert "shop: the table item is declared and excluded: take it out of one." in checked.stderr
    sources.write_text(sources.read_text().replace("[it*m]", "it*m"))
    assert "excluded is no list of patterns" in shop.synapse("check").stderr


def test_the_sql_of_views_is_kept_as_comments_that_nothing_runs(shop: Warehouse) -> None:
    file = shop.sqlite_dir / "shop.db"
    assert add(file).exit_code == 0
    folder = shop.root / "analyses" / "shop"
    views = sorted(folder.iterdir())
    assert [path.name for path in views] == ["cheap.sql", "pwned.sql"]
    assert sorted(path for path in (shop.root / "analyses").rglob("*") if path.is_file()) == views
    texts = [path.read_text() for path in views]
    assert all(line.startswith("-- ") for text in texts for line in text.splitlines())
    assert "-- create view cheap as" in texts[0].lower()
    assert "<script" not in texts[0] and "< script" in texts[0]
    views[0].write_text("-- ours\n")
    assert add(file).exit_code == 0
    assert views[0].read_text() == "-- ours\n"
    compiled = shop.dbt("compile", "-s", "resource_type:analysis")
    assert compiled.returncode == 0, compiled.stdout
    rendered = next((shop.root / "target" / "compiled").rglob("pwned.sql")).read_text()
    assert "'{{ 1 / 0 }} {% endif %} {# '" in rendered


def test_columns_that_may_hold_secrets_are_said(shop: Warehouse) -> None:
    done = add(shop.sqlite_dir / "shop.db")
    assert (
        "shop: django_session.session_key, django_session.session_data may hold secrets, and are now in PostgreSQL too:"
        " if nobody needs them, leave their tables out (--exclude)."
    ) in done.stderr
