"""What the checks of a build look at: relations and the code of the project, however that is written."""

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ROOT, Warehouse, copy_project
from tests.project.conftest import lend_parsed

POSTS = Path("models/staging/content_analytics/stg_content_analytics__posts.sql")
REJECTED = (
    "select source_table, column_name, source_row, raw_value, wanted_type from analytics.rejected_values"
    " where source_database = 'content_analytics' order by 1, 2, 3"
)


@pytest.fixture(scope="module")
def copied(postgres: dict[str, str], built: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that dbt has parsed."""
    root = copy_project(tmp_path_factory.mktemp("checks") / "project", with_sources=True)
    lend_parsed(Path(postgres["DBT_TARGET_PATH"]), root / "target")
    return root


@pytest.fixture
def edited(warehouse: Warehouse, copied: Path) -> Iterator[Warehouse]:
    """The samples, built, and a project whose models and macros the test may change."""
    own = {"DBT_TARGET_PATH": str(copied / "target"), "DBT_LOG_PATH": str(copied / "logs")}
    yield replace(warehouse, root=copied, environment={**warehouse.environment, **own})
    for name in ("models", "macros", "seeds"):
        shutil.rmtree(copied / name)
        shutil.copytree(ROOT / name, copied / name)


def edit(warehouse: Warehouse, path: Path | str, changes: dict[str, str]) -> None:
    text = (warehouse.root / path).read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (warehouse.root / path).write_text(text)


def failures(output: str) -> list[str]:
    """The models whose test every_row_arrived found something."""
    return sorted(re.findall(r" FAIL \d+ every_row_arrived_(\w+?)_ ", output))


def test_a_value_that_staging_loses_in_any_way_is_named(edited: Warehouse) -> None:
    edit(
        edited,
        POSTS,
        {
            "{{ as_integer('views') }}": '{{ as_integer("views") }}',
            "{{ as_integer('likes') }}": "{{as_integer('likes')}}",
            "{{ as_utc('created_at') }}": "{{ as_timestamptz('created_at', 'Europe/Paris') }}",
            "{{ as_text('signature_series') }}": "{{ as_series('signature_series') }}",
            "{{ as_integer('comments') }}": "case when comments ~ '^[0-9]+$' then comments::bigint end",
        },
    )
    macro = "{% macro as_series(column) %}nullif({{ quote_column(column) }}, 'none'){% endmacro %}"
    (edited.root / "macros" / "as_series.sql").write_text(macro)
    weekly = "models/staging/content_analytics/stg_content_analytics__weekly_performance.sql"
    edit(edited, weekly, {"        {{ as_text('theme') }} as theme,\n": ""})
    with edited.sqlite("content_analytics") as source:
        names = ", ".join(row[1] for row in source.execute("pragma table_info(posts)") if row[1] != "post_id")
        source.execute(f"insert into posts (post_id, {names}) select 'whole', {names} from posts")
        source.execute("update posts set likes = null, comments = null where post_id = 'whole'")
        source.execute("alter table posts add undeclared text default 'x'")
        source.execute(
            "update posts set views = 'many', likes = 'some', created_at = 'later', signature_series = 'none',"
            " comments = 'few' where post_id <> 'whole'"
        )
        (row,) = source.execute("select rowid from posts where post_id <> 'whole'").fetchone()
        (week, theme) = source.execute("select rowid, theme from weekly_performance").fetchone()
    with edited.sqlite("advanced_graph_rag_analytics") as source:
        source.execute("update graph_insights set relationships = 'null'")  # which is JSON, and a value
    assert edited.synapse("load").returncode == 0
    done = edited.dbt("build", "-s", "+posts", "stg_content_analytics__weekly_performance", "rejected_values+")
    assert done.returncode == 1
    assert "FAIL 6 assert_nothing_is_rejected" in done.stdout
    left_out = "none: stg_content_analytics__weekly_performance leaves it out"
    assert edited.query(REJECTED) == [
        ("posts", "comments", row, "few", "bigint"),
        ("posts", "created_at", row, "later", "timestamp with time zone"),
        ("posts", "likes", row, "some", "bigint"),
        ("posts", "signature_series", row, "none", "text"),
        ("posts", "views", row, "many", "bigint"),
        ("weekly_performance", "theme", week, theme, left_out),
    ]
    assert edited.query("select * from failures.assert_nothing_is_rejected") == edited.query(
        "select * from analytics.rejected_values"
    )
    assert edited.query("select count(*) from analytics.posts where views is null") == [(1,)]
    report = edited.synapse("report")
    assert report.returncode == 1
    assert "content_analytics.posts" in report.stderr


def test_a_value_that_somebody_accepts_is_listed_and_fails_nothing(edited: Warehouse) -> None:
    with edited.sqlite("content_analytics") as source:
        source.execute("update posts set views = '100%', likes = 'n/a (?)', shares = 'C:\\', comments = 'few'")
    assert edited.synapse("load").returncode == 0
    rows = [
        ("content_analytics", "posts", "views", "100\\%", "the export writes rates here"),
        ("content_analytics", "posts", "likes", "n/a%", "never counted"),
        ("content_analytics", "posts", "shares", "C:\\", "a path"),
        # Another table, another column, and what would be a pattern of a regular expression.
        ("content_analytics", "weekly_performance", "comments", "few", "not this table"),
        ("content_analytics", "posts", "saves", "few", "not this column"),
        ("content_analytics", "posts", "comments", ".*", "not this text"),
    ]

    def build(accepted: list[tuple[str, ...]]) -> str:
        with (edited.root / "seeds" / "accepted_odd_values.csv").open("a", newline="", encoding="utf-8") as seed:
            csv.writer(seed).writerows(accepted)
        selected = ("accepted_odd_values", "stg_content_analytics__posts", "posts", "rejected_values+")
        return edited.dbt("build", "-s", *selected).stdout

    assert "FAIL 1 assert_nothing_is_rejected" in build(rows)
    found = "select column_name, raw_value, is_accepted, reason from analytics.rejected_values order by 1"
    assert edited.query(found) == [
        ("comments", "few", False, None),
        ("likes", "n/a (?)", True, "never counted"),
        ("shares", "C:\\", True, "a path"),
        ("views", "100%", True, "the export writes rates here"),
    ]
    assert edited.query("select column_name from failures.assert_nothing_is_rejected") == [("comments",)]
    report = edited.synapse("report")
    assert report.returncode == 1
    assert "1 values rejected, 3 accepted" in report.stdout

    done = build([("content_analytics", "posts", "comments", "few", "asked, nobody knows")])
    assert "PASS assert_nothing_is_rejected" in done
    assert edited.query("select views, likes, comments from analytics.posts") == [(None, None, None)]
    report = edited.synapse("report")
    assert report.returncode == 0, report.stderr
    assert "0 values rejected, 4 accepted" in report.stdout


def test_a_staging_model_without_the_row_is_refused_by_name(edited: Warehouse) -> None:
    edit(edited, POSTS, {"        _source_row,\n": ""})
    done = edited.dbt("run", "-s", "rejected_values")
    assert done.returncode == 1
    assert "stg_content_analytics__posts does not select _source_row" in done.stdout


SPELLINGS = """
{%- set staged = ref('stg_content_analytics__posts') -%}
with one as (
    select posts.* from {{ ref("stg_content_analytics__posts") }} as posts
    inner join {{ref('stg_content_analytics__posts')}} as two on posts.post_id = two.post_id
    inner join {{ ref('synapse_analytics', 'stg_content_analytics__posts') }} as three on posts.post_id = three.post_id
    inner join {{ staged }} as four on posts.post_id = four.post_id
    inner join {{ builtins.ref('stg_content_analytics__posts') }} as five on posts.post_id = five.post_id
    inner join {{ posts_of('stg_content_analytics__posts') }} as six on posts.post_id = six.post_id
)
"""


@pytest.mark.long
def test_a_table_is_compared_with_its_model_however_that_names_what_it_reads(edited: Warehouse) -> None:
    """And the ledger finds the way from raw to the table, through a model in between and past others that read raw."""
    (edited.root / "macros" / "posts_of.sql").write_text("{% macro posts_of(name) %}{{ ref(name) }}{% endmacro %}")
    between = edited.root / "models" / "intermediate" / "int_a_posts.sql"
    between.write_text(f"{SPELLINGS}\nselect * from one")
    (edited.root / "models" / "intermediate" / "a_reader.sql").write_text(
        "select 1 as one from {{ source('content_analytics', 'posts') }}"
    )
    edit(
        edited,
        "models/marts/content/posts.sql",
        {
            "with final as (": f"{SPELLINGS.replace('stg_content_analytics__posts', 'int_a_posts')},\nfinal as (",
            "ref('stg_content_analytics__posts') }} as": "ref('int_a_posts') }} as",
        },
    )
    done = edited.dbt("build", "-s", "stg_content_analytics__posts", "a_reader", "int_a_posts", "posts", "row_ledger")
    assert done.returncode == 0, done.stdout
    found = (
        "select final_table, staged_rows, final_rows, balances from analytics.row_ledger where source_table = 'posts'"
    )
    assert edited.query(found) == [("posts", 1, 1, True)]
    for damage in (
        "update analytics.posts set views = views + 1",
        "create or replace view intermediate.int_a_posts as select * from staging.stg_content_analytics__posts",
    ):
        edited.query(damage)
        done = edited.dbt("test", "-s", "every_row_arrived_posts_")
        assert (done.returncode, failures(done.stdout)) == (1, ["posts"])
        assert edited.dbt("run", "-s", "int_a_posts", "posts").returncode == 0


def test_of_two_staging_models_each_must_have_every_row_and_value(edited: Warehouse) -> None:
    second = POSTS.with_name("stg_content_analytics__some_posts.sql")
    (edited.root / second).write_text(
        (edited.root / POSTS).read_text().replace("select * from typed", "select * from typed where false")
    )
    done = edited.dbt("build", "-s", second.stem, "rejected_values+")
    assert done.returncode == 1
    assert edited.query(
        "select final_table, raw_rows, staged_rows, balances from analytics.row_ledger where source_table = 'posts'"
        " order by 1"
    ) == [("posts", 1, 1, False), (None, 1, 0, False)]
    assert ("posts", "views", 1, "2000", "bigint") in edited.query(REJECTED)


def test_a_view_that_is_not_what_its_model_selects_is_found_and_named(edited: Warehouse) -> None:
    ((definition,),) = edited.query("select pg_get_viewdef('staging.stg_content_analytics__posts'::regclass)")
    replaced = re.sub(r"\bviews,(?!.*\bviews,)", "views + 1 as views,", definition, flags=re.DOTALL)
    assert replaced != definition
    edited.query(f"create or replace view staging.stg_content_analytics__posts as {replaced}")
    assert edited.dbt("run", "-s", "posts").returncode == 0
    # Edited, and only the table built; edited so that a value is lost, and the ledger not built.
    weekly = "models/staging/content_analytics/stg_content_analytics__weekly_performance.sql"
    edit(edited, weekly, {"as_integer('total_views')": "as_integer('total_posts')"})
    pipeline = "models/staging/content_analytics/stg_content_analytics__business_pipeline.sql"
    edit(edited, pipeline, {"{{ as_text('notes') }}": "null::text"})
    kept = ("stg_content_analytics__business_pipeline", "weekly_performance", "business_pipeline")
    assert edited.dbt("run", "-s", *kept).returncode == 0
    done = edited.dbt("test", "-s", "test_name:every_row_arrived", "assert_nothing_is_rejected")
    assert done.returncode == 1
    assert failures(done.stdout) == ["posts", "weekly_performance"]
    for name in ("stg_content_analytics__posts", "stg_content_analytics__weekly_performance"):
        assert f"Views that are not what their models select: {name}. Run `dbt build -s {name}+`." in done.stdout
    assert "assert_nothing_is_rejected" in done.stdout.split("Completed with")[1]
    assert edited.query("select changed_views from failures.every_row_arrived_posts_") == [
        ("stg_content_analytics__posts",)
    ]
