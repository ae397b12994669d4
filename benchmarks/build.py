"""What `dbt build` costs on big tables, beside a plain `create table as` with the same keys, checks and indexes.

    python benchmarks/build.py                       100 thousand and 1 million rows of attribution, half as many posts
    python benchmarks/build.py --rounds 1 100000     one round of one size

Needs a few GB in the folder of temporary files and, for a million rows, about a quarter of an hour. The server is a
PostgreSQL of its own with the settings that `synapse up` gives it. Each round runs all that is compared in turn, so
that whatever else the machine does meanwhile meets all of them; the table has medians.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg2

from synapse_analytics.postgres import embedded
from synapse_analytics.postgres.connection import parameters

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(sys.executable).parent
MODELS = ("attribution_tracking", "posts")
BIG = 10_000  # rows; a nested loop over fewer is none over a big table

ROWS = {
    "cross_platform_analytics": """
        insert into attribution_tracking
        select
            'attr_' || (i * 7919 % 1000003) || '_' || i, 'content_' || (i % 20000),
            case i % 3 when 0 then 'LinkedIn' when 1 then 'linkedin' else 'twitter' end,
            case i % 10 when 0 then 'conversion' when 1 then 'click' else 'impression' end,
            case when i % 11 then 'user_' || (i * 31 % 200003) end, 'visit_' || (i / 3),
            datetime('2025-01-01', '+' || (i * 20) || ' seconds'), case i % 10 when 0 then i % 9973 / 7.0 else 0.0 end,
            '{"source": "feed", "position": ' || (i % 40) || ', "seconds": ' || (i % 977 / 10.0) || '}', i % 2
        from numbers where i <= :rows
    """,
    "content_analytics": """
        insert into posts
        select
            'post_' || (i * 7919 % 1000003) || '_' || i, date('2015-01-01', '+' || (i % 3650) || ' days'), 'Monday',
            'insight', case when i % 7 then 'Series ' || (i % 20) end,
            'What ' || (i % 997) || ' teams learned about ' || (i % 89) || ' habits, part ' || i,
            case i % 2 when 0 then 'LinkedIn' else 'twitter' end, '6:30 AM', i % 5000, i % 400, i % 50, i % 30, i % 20,
            i % 1000 / 1000.0, i % 90, i % 12, i % 5, i % 3, i % 700 / 1000.0, i % 10 + 0.5, i % 9 + 0.25,
            datetime('2025-01-01', '+' || (i * 60) || ' seconds')
        from numbers where i <= :rows / 2
    """,
}


class Warehouse:
    """A server in a folder, with the samples and so many rows more loaded."""

    def __init__(self, root: Path, rows: int) -> None:
        """Start the server, make the files and load them."""
        embedded.up(root)
        target = parameters(root)
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}
        self.target = root / "target"
        self.environment = {variable: str(target[key]) for variable, key in names.items()} | {
            "SYNAPSE_SQLITE_DIR": str(root / "sqlite"),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(root / "logs"),
        }
        self.run("synapse", "sample", str(root / "sqlite"))
        for name, statement in ROWS.items():
            numbers = "with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < :rows)"
            with sqlite3.connect(root / "sqlite" / f"{name}.db") as file:
                file.execute(statement.replace("insert into", f"{numbers} insert into", 1), {"rows": rows})
            file.close()
        self.run("synapse", "load")
        self.connection = psycopg2.connect(**target)
        self.connection.autocommit = True

    def run(self, *command: str) -> float:
        """Run a program of the project; the seconds it took."""
        started = time.perf_counter()
        done = subprocess.run(
            [PROGRAMS / command[0], *command[1:]],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return time.perf_counter() - started

    def query(self, statement: str) -> list[tuple]:
        """Run one statement; its rows, if it gives any."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def seconds_of_models(self) -> dict[str, float]:
        """What the last run spent on each node, as dbt tells it."""
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        return {result["unique_id"].split(".")[2]: result["execution_time"] for result in results}


def plain_statements(warehouse: Warehouse, model: str) -> list[str]:
    """`create table as` what a model selects, and the keys, checks and indexes that its table has."""
    table = f"analytics.{model}"
    manifest = json.loads((warehouse.target / "manifest.json").read_text())
    select = manifest["nodes"][f"model.synapse_analytics.{model}"]["compiled_code"]
    constraints = warehouse.query(
        f"select pg_get_constraintdef(oid) from pg_constraint where conrelid = '{table}'::regclass"
    )
    indexes = warehouse.query(
        f"select pg_get_indexdef(indexrelid) from pg_index where indrelid = '{table}'::regclass and not indisprimary"
    )
    return [
        f"create table plain as {select}",
        f"alter table plain add {', add '.join(definition for (definition,) in constraints)}",
        *(f"create index on plain{definition.split(table, 1)[1]}" for (definition,) in indexes),
    ]


def measure(warehouse: Warehouse, rounds: int) -> Iterator[tuple[str, str, float]]:
    """Seconds, by what was measured and how it was built."""
    warehouse.run("dbt", "build")
    plain = {model: plain_statements(warehouse, model) for model in MODELS}
    select = ("-s", *MODELS, "--threads", "1")
    for _ in range(rounds):
        for model in MODELS:
            started = time.perf_counter()
            for statement in plain[model]:
                warehouse.query(statement)
            yield model, "plain", time.perf_counter() - started
            warehouse.query("drop table plain")
            warehouse.query(f"drop table analytics.{model} cascade")
        for kind in ("first", "again"):
            warehouse.run("dbt", "run", *select)
            seconds = warehouse.seconds_of_models()
            yield from ((model, kind, seconds[model]) for model in MODELS)
        warehouse.query("drop schema analytics, staging, intermediate, failures cascade")
        for kind in ("first", "again"):
            yield "dbt build", kind, warehouse.run("dbt", "build")
            yield "synapse report", kind, warehouse.run("synapse", "report")
            slowest = sorted(warehouse.seconds_of_models().items(), key=lambda item: -item[1])[:8]
            print(f"  slowest, {kind}:", ", ".join(f"{name} {taken:.1f}" for name, taken in slowest), flush=True)


def nested_loops(warehouse: Warehouse, root: Path) -> Iterator[str]:
    """Every nested loop of a first build, a second and a report that read more than a few rows on both sides."""
    settings = {"session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "100ms"}
    settings |= {"auto_explain.log_analyze": "on", "auto_explain.log_timing": "off"}
    settings |= {"auto_explain.log_format": "json", "auto_explain.log_nested_statements": "on"}
    for name, value in settings.items():
        warehouse.query(f"alter database {warehouse.environment['PGDATABASE']} set {name} = '{value}'")
    log = root / ".postgres" / "log"
    begin = log.stat().st_size
    warehouse.query("drop schema analytics, staging, intermediate, failures cascade")
    for command in (("dbt", "build"), ("dbt", "build"), ("synapse", "report")):
        warehouse.run(*command)
    with log.open() as file:
        file.seek(begin)
        _, *entries = file.read().split("  plan:\n")
    print(f"  {len(entries)} plans of over 100 ms", flush=True)
    for entry in entries:
        plan, _ = json.JSONDecoder().raw_decode(entry.replace("\n\t", "\n").lstrip())
        text = plan["Query Text"]
        node = text.partition('"node_id": "')[2].partition('"')[0] or " ".join(text.split())[:80]
        for loop, outer, inner in walk(plan["Plan"]):
            if min(outer, inner) >= BIG:
                yield f"{node}: {loop}, {outer:,.0f} rows outside and {inner:,.0f} inside"


def walk(plan: dict) -> Iterator[tuple[str, float, float]]:
    """The nested loops and repeated subqueries below a node of a plan, with the rows of both their sides."""
    children = plan.get("Plans", [])
    if plan.get("Parent Relationship") == "SubPlan":
        yield "a subquery run for each row", plan["Actual Loops"], plan["Actual Rows"] * plan["Actual Loops"]
    if plan["Node Type"] == "Nested Loop":
        rows = [child["Actual Rows"] * child["Actual Loops"] for child in children]
        yield f"{plan['Join Type']} nested loop with {children[1]['Node Type']}", rows[0], rows[1]
    for child in children:
        yield from walk(child)


def report(seconds: dict[int, dict[str, dict[str, float]]]) -> None:
    """Print the table: medians, ratios, and what a row costs compared with the smallest size."""
    print(
        f"\n{'':22}{'rows':>10}{'plain':>9}{'first':>9}{'again':>9}{'first/plain':>13}{'again/first':>13}{'per row':>9}"
    )
    smallest = min(seconds)
    for rows, measured in seconds.items():
        for name, taken in measured.items():
            growth = (taken["first"] / rows) / (seconds[smallest][name]["first"] / smallest)
            cells = [f"{taken[kind]:.2f}" if kind in taken else "" for kind in ("plain", "first", "again")]
            ratio = f"{taken['first'] / taken['plain']:.2f}" if "plain" in taken else ""
            print(
                f"{name:22}{rows:>10,}{cells[0]:>9}{cells[1]:>9}{cells[2]:>9}{ratio:>13}"
                f"{taken['again'] / taken['first']:>13.2f}{growth:>9.2f}"
            )


def medians(root: Path, rows: int, rounds: int) -> dict[str, dict[str, float]]:
    """Build that many rows in a warehouse of their own; its nested loops are printed."""
    warehouse = Warehouse(root, rows)
    taken: dict[str, dict[str, list[float]]] = {}
    for name, kind, seconds in measure(warehouse, rounds):
        taken.setdefault(name, {}).setdefault(kind, []).append(seconds)
    for line in nested_loops(warehouse, root):
        print(f"  {line}", flush=True)
    warehouse.connection.close()
    return {name: {kind: median(each) for kind, each in kinds.items()} for name, kinds in taken.items()}


def main() -> None:
    """Measure each size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", type=int, default=[100_000, 1_000_000], help="rows of attribution")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    arguments = parser.parse_args()
    os.environ.pop("PGHOST", None)
    seconds: dict[int, dict[str, dict[str, float]]] = {}
    for rows in arguments.rows:
        print(f"{rows:,} rows", flush=True)
        with TemporaryDirectory() as folder:
            root = Path(folder)
            root.chmod(0o711)  # where root runs this, the server's user is another
            try:
                seconds[rows] = medians(root, rows, arguments.rounds)
            finally:
                embedded.down(root)
    report(seconds)


if __name__ == "__main__":
    main()
