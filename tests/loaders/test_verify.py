"""`synapse verify` finds every kind of damage in raw, and nothing where there is none."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

TABLE = """
create table t (id integer primary key, a text, b real, c);
insert into t values (1, 'x', 0.1, '5'), (2, null, 0.30000000000000004, 5), (3, 'z', 3.0, x'00');
insert into t values (4, 'z', -1.5, '\\o/');
create table other (a); insert into other values (1);
"""
# Each is done to raw behind the loader's back; the words are what verify must say of it.
MUTANTS = {
    "a row deleted": ("delete from raw_app.t where id = '2'", "app: t, row 2: it is not in raw"),
    "a row added": ("insert into raw_app.t values (9, '9', 'x', '0.1', '5')", "app: t, row 9: it is in raw"),
    "a row doubled": ("insert into raw_app.t select * from raw_app.t where id = '3'", "app: t, row 3: it is in raw"),
    "two cells swapped": (
        "update raw_app.t set a = case id when '1' then 'z' else 'x' end where id in ('1', '3')",
        "app: t, row 1: a differs",
    ),
    "two columns swapped": ("update raw_app.t set a = b, b = a where id = '4'", "app: t, row 4: a, b differs"),
    "a digit changed": ("update raw_app.t set b = '-1.4' where id = '4'", "app: t, row 4: b differs"),
    "a null made empty": ("update raw_app.t set a = '' where id = '2'", "app: t, row 2: a differs"),
    "an empty made null": ("update raw_app.t set a = null where id = '1'", "app: t, row 1: a differs"),
    "a real rounded in its last place": ("update raw_app.t set b = '0.3' where id = '2'", "app: t, row 2: b differs"),
    "a trailing blank": ("update raw_app.t set a = 'x ' where id = '1'", "app: t, row 1: a differs"),
    "a type tag removed": ("update raw_app.t set c = '5' where id = '1'", "app: t, row 1: c differs"),
    "another type tag": (r"update raw_app.t set c = '\u00' where id = '3'", "app: t, row 3: c differs"),
    "a row renumbered": ("update raw_app.t set _source_row = 7 where id = '4'", "app: t, row 4: it is not in raw"),
    "all rows gone": ("truncate raw_app.t", "app: t, row 1: it is not in raw"),
    "a table dropped": ("drop table raw_app.other", "app: other was never loaded"),
    "a table added": ("create table raw_app.mine (a text)", "app: raw_app.mine is in PostgreSQL and not in"),
    "a column added": ("alter table raw_app.t add column d text", "app: t has other columns in raw (d)"),
}


@pytest.mark.parametrize(("mutation", "words"), MUTANTS.values(), ids=MUTANTS.keys())
def test_damage_in_raw_is_found_and_named(project: "Project", mutation: str, words: str) -> None:
    project.make(TABLE)
    project.load()
    assert project.synapse("verify").exit_code == 0
    project.query(mutation)
    done = project.synapse("verify")
    assert done.exit_code == 1
    assert words in done.stderr
    assert "1 table of" in done.stdout
    project.load("--rebuild")
    assert project.synapse("verify").exit_code == 0


def test_a_source_that_changed_after_its_load_is_told_from_damage(project: "Project") -> None:
    project.make(TABLE)
    project.load()
    project.make("update t set a = 'changed' where id = 3")
    done = project.synapse("verify")
    assert done.exit_code == 1
    assert "app: t, row 3: a differs (the file has changed since it was loaded: load it again)" in done.stderr


def test_three_differing_rows_are_named_and_not_all(project: "Project") -> None:
    project.make("create table t (a); insert into t values (1), (2), (3), (4), (5)")
    project.load()
    project.query("update raw_app.t set a = '0'")
    assert len(project.synapse("verify").stderr.splitlines()) == 3


@pytest.mark.parametrize("script", ["create table t (a)", "", "create table t (a); insert into t values (null), ('')"])
def test_what_holds_nothing_or_little_is_verified_too(project: "Project", script: str) -> None:
    project.make(script)
    project.load()
    assert project.synapse("verify").exit_code == 0


def test_what_was_never_loaded_is_not_called_equal(project: "Project") -> None:
    project.make(TABLE)
    done = project.synapse("verify")
    assert done.exit_code == 1
    assert "app: t was never loaded: run `synapse load app`" in done.stderr
