"""The command line of the benchmark; benchmarks/README.md says what it measures."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click

from benchmarks import databases, many_files, peers, reload, reload_report, report, rounds
from benchmarks.contestants import CONTESTANTS, RELOADERS, ROOT
from benchmarks.questions import asking, warehouse

FOLDER = ROOT / ".bench"
RESULTS = FOLDER / "results.json"
NAMES = list(dict.fromkeys(contestant.name for contestant in CONTESTANTS + RELOADERS))
KINDS = list(databases.KINDS)
OTHERS = ["reload", "files", "queries"]  # these are measured in ways of their own
FILE = click.Path(path_type=Path)


@dataclass(frozen=True)
class Chosen:
    """What is measured, with whom and how often; the options of `run`."""

    rows: tuple[int, ...]
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    number: int
    files: int
    limit: int


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def main() -> None:
    """Measure how long databases take to load, whether every value arrives, and how fast questions are answered."""


@main.command()
@click.option("--rows", type=click.IntRange(10), multiple=True, default=[1_000_000], help="Sizes of the case `rows`.")
@click.option(
    "--case", "kinds", type=click.Choice(KINDS + OTHERS), multiple=True, default=KINDS, help="What is loaded."
)
@click.option("--contestant", "names", type=click.Choice(NAMES), multiple=True, default=NAMES, help="Who loads it.")
@click.option("--rounds", "number", type=click.IntRange(1), default=5, help="Runs of each contestant in each case.")
@click.option("--files", type=click.IntRange(1), default=8, help="How many of the case `files`.")
@click.option("--limit", type=click.IntRange(1), default=1800, help="Seconds after which a run has failed.")
@click.option("--results", type=FILE, default=RESULTS, help="Where the numbers are written, after each round.")
def run(results: Path, **options: object) -> None:
    """Run everybody, round after round, and print the report. Most options can be given several times."""
    results.parent.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(exist_ok=True)
    with rounds.serve(FOLDER / "server") as server:
        for found in _measure(server, Chosen(**options)):
            results.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(_render(found))


def _measure(server: rounds.Server, chosen: Chosen) -> Iterator[dict]:
    """All that was found so far, after each round."""
    say, rows = partial(click.echo, err=True), chosen.rows
    sizes = {"rows": [f"rows-{size}" for size in rows], "mixed": ["mixed-100000"]}
    found: dict = {"machine": report.describe_machine(server.version()), "cases": [], "reload": [], "files": []}
    for case in [case for kind in chosen.kinds if kind not in OTHERS for case in sizes.get(kind, [kind])]:
        file, contestants = databases.make(FOLDER, case), [each for each in CONTESTANTS if each.name in chosen.names]
        found["cases"].append(about := _describe(case, file))
        for outcomes in rounds.compete(server, file, contestants, chosen.number, chosen.limit, say):
            about["outcomes"] = [asdict(outcome) for outcome in outcomes]
            yield found
    for case in sizes["rows"] if "reload" in chosen.kinds else ():
        file, contestants = databases.make(FOLDER, case), [each for each in RELOADERS if each.name in chosen.names]
        found["reload"].append(about := _describe(case, file))
        for reloads in reload.compete(server, file, contestants, chosen.number, chosen.limit, say):
            about["outcomes"] = [asdict(outcome) for outcome in reloads]
            yield found
    for size in rows if "files" in chosen.kinds else ():
        found["files"].append({})
        for loads in many_files.compete(server, FOLDER, size, chosen.files, chosen.number, chosen.limit, say):
            found["files"][-1] = loads
            yield found
    for size in rows if "queries" in chosen.kinds else ():
        with warehouse.serve(FOLDER / f"queries-{size}", size) as served:
            found["cases"].append(about := {"case": f"queries-{size}", **served.describe()})
            for asked in asking.compete(served, chosen.number, say):
                about["asked"] = [asdict(each) for each in asked]
                yield found


def _describe(case: str, file: Path) -> dict:
    return {
        "case": case,
        "rows": peers.count_rows(file),
        "tables": len(peers.tables_of(file)),
        "bytes": file.stat().st_size,
    }


def _render(found: dict) -> str:
    parts = [report.render(found)]
    parts += [reload_report.render(case) for case in found.get("reload", [])]
    parts += [many_files.render(case) for case in found.get("files", [])]
    return "\n\n".join(parts)


@main.command(name="report")
@click.argument("results", type=FILE, default=RESULTS)
def report_command(results: Path) -> None:
    """Print the report of earlier results."""
    click.echo(_render(json.loads(results.read_text(encoding="utf-8"))))


@main.command(name="chart")
@click.argument("file", type=FILE)
@click.option("--results", type=FILE, default=RESULTS, help="What is drawn.")
@click.option("--case", "cases", multiple=True, help="Only this one, such as rows-1000000.  [default: all]")
def chart_command(file: Path, results: Path, cases: tuple[str, ...]) -> None:
    """Draw earlier results into FILE, an .svg or .png."""
    from benchmarks import chart  # only here, because it brings matplotlib

    chart.draw(json.loads(results.read_text(encoding="utf-8")), cases, file)
    click.echo(file)


if __name__ == "__main__":
    main()
