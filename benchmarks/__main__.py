"""The command line of the benchmark; benchmarks/README.md says what it measures."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from benchmarks import chart, databases, peers, report, rounds
from benchmarks.contestants import CONTESTANTS, ROOT

FOLDER = ROOT / ".bench"
RESULTS = FOLDER / "results.json"
NAMES = [contestant.name for contestant in CONTESTANTS]
KINDS = list(databases.KINDS)
FILE = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
def main() -> None:
    """Measure how long databases take to load, and whether every value arrives."""


@main.command()
@click.option("--rows", type=click.IntRange(10), multiple=True, default=[1_000_000], help="Sizes of the case `rows`.")
@click.option("--case", "kinds", type=click.Choice(KINDS), multiple=True, default=KINDS, help="What is loaded.")
@click.option("--contestant", "names", type=click.Choice(NAMES), multiple=True, default=NAMES, help="Who loads it.")
@click.option("--rounds", "number", type=click.IntRange(1), default=5, help="Runs of each contestant in each case.")
@click.option("--limit", type=click.IntRange(1), default=1800, help="Seconds after which a run has failed.")
@click.option("--results", type=FILE, default=RESULTS, help="Where the numbers are written, after each round.")
def run(
    rows: tuple[int, ...], kinds: tuple[str, ...], names: tuple[str, ...], number: int, limit: int, results: Path
) -> None:
    """Run everybody, round after round, and print the report. Most options can be given several times."""
    sizes = {"rows": [f"rows-{size}" for size in rows], "mixed": ["mixed-100000"]}
    chosen = [contestant for contestant in CONTESTANTS if contestant.name in names]
    FOLDER.mkdir(exist_ok=True)
    results.parent.mkdir(parents=True, exist_ok=True)
    files = {case: databases.make(FOLDER, case) for kind in kinds for case in sizes.get(kind, [kind])}
    with rounds.serve(FOLDER / "server") as server:
        found: dict = {"machine": report.describe_machine(server.version()), "cases": []}
        for case, file in files.items():
            about = {"rows": peers.count_rows(file), "tables": len(peers.tables_of(file)), "bytes": file.stat().st_size}
            found["cases"].append({"case": case, **about})
            for outcomes in rounds.compete(server, file, chosen, number, limit, partial(click.echo, err=True)):
                found["cases"][-1]["outcomes"] = [asdict(outcome) for outcome in outcomes]
                results.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(report.render(found))


@main.command(name="report")
@click.argument("results", type=FILE, default=RESULTS)
def report_command(results: Path) -> None:
    """Print the report of earlier results."""
    click.echo(report.render(json.loads(results.read_text(encoding="utf-8"))))


@main.command(name="chart")
@click.argument("file", type=FILE)
@click.option("--results", type=FILE, default=RESULTS, help="What is drawn.")
@click.option("--case", "cases", multiple=True, help="Only this one, such as rows-1000000.  [default: all]")
def chart_command(file: Path, results: Path, cases: tuple[str, ...]) -> None:
    """Draw earlier results into FILE, an .svg or .png."""
    chart.draw(json.loads(results.read_text(encoding="utf-8")), cases, file)
    click.echo(file)


if __name__ == "__main__":
    main()
