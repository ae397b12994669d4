"""Options that let models select less than all take no rows away."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Warehouse

OPTIONS = (
    ("--empty",),
    ("--empty", "--full-refresh"),
    ("--sample", "1 day"),
    ("--event-time-start", "2020-01-01", "--event-time-end", "2020-01-02"),
)


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_an_option_that_selects_less_is_refused_where_rows_are(
    warehouse: "Warehouse", options: tuple[str, ...]
) -> None:
    before = warehouse.query("select count(*) from analytics.posts")
    view = warehouse.query("select pg_get_viewdef('staging.stg_content_analytics__posts'::regclass)")
    done = warehouse.dbt("run", "-s", "+posts", *options)
    assert done.returncode == 1, done.stdout
    assert options[0] in done.stdout
    assert "holds rows that it would take away" in done.stdout
    assert "OK created" not in done.stdout
    assert before == warehouse.query("select count(*) from analytics.posts") != [(0,)]
    assert warehouse.query("select pg_get_viewdef('staging.stg_content_analytics__posts'::regclass)") == view


def test_an_empty_target_may_be_built_empty(empty_project: "Warehouse") -> None:
    with empty_project.sqlite("shop") as source:
        source.execute("create table item (id integer primary key)")
        source.execute("insert into item values (1)")
    added = empty_project.synapse("add", "--marts", "shop", str(empty_project.sqlite_dir / "shop.db"))
    assert added.returncode == 0, added.stderr
    assert empty_project.dbt("seed").returncode == 0
    for _ in range(2):
        done = empty_project.dbt("run", "--empty")
        assert done.returncode == 0, done.stdout
    assert empty_project.query("select count(*) from analytics.item") == [(0,)]
    assert empty_project.dbt("build").returncode == 0
    assert empty_project.query("select count(*) from analytics.item") == [(1,)]
