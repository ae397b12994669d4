"""What a run found, as a table for people, and the machine that it was found on."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import distributions, version
from pathlib import Path
from shutil import which
from statistics import median

import psutil
from tabulate import tabulate

from benchmarks.contestants import ROOT
from benchmarks.questions import report as questions

PACKAGES = ("duckdb", "adbc-driver-sqlite", "adbc-driver-postgresql", "dlt", "connectorx", "psycopg2-binary")


def describe_machine(server_version: str) -> dict[str, str]:
    """The machine and the versions of everything that takes part, by what they are called."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
    found = {
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "PostgreSQL": server_version,
        "SQLite": sqlite3.sqlite_version,
    }
    found |= {name: version(name) for name in PACKAGES if list(distributions(name=name))}
    commands = {
        "pgloader": ["pgloader", "--version"],
        "sqlite3": ["sqlite3", "--version"],
        "synapse": ["git", "describe", "--always", "--dirty"],
    }
    for name, command in commands.items():
        if which(command[0]):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            found[name] = done.stdout.partition("\n")[0].removeprefix(f"{name} version ").strip('"')[:40]
    return found


def summarize(outcome: dict) -> dict | None:
    """Medians and the span of an outcome's runs; None where there are none."""
    runs = outcome["runs"]
    if not runs:
        return None
    medians = {name: median(run[name] for run in runs) for name in ("seconds", "cpu", "server_cpu", "memory")}
    seconds = [run["seconds"] for run in runs]
    return medians | {"low": min(seconds), "high": max(seconds), "rows": runs[-1]["rows"]}


def status(outcome: dict) -> str:
    """In a word, how a contestant did."""
    if outcome["absent"]:
        return "absent"
    if outcome["failed"] or not outcome["runs"]:
        return "failed"
    return "" if outcome["is_bound"] else "lossy" if outcome["difference"] else "equal"


def ranked(case: dict, bounds: bool) -> list[dict]:
    """The contestants, or else the bounds, the fastest first and those without runs last."""

    def seconds(outcome: dict) -> float:
        found = summarize(outcome)
        return found["seconds"] if found else float("inf")

    return sorted((outcome for outcome in case["outcomes"] if outcome["is_bound"] == bounds), key=seconds)


def title(case: dict) -> str:
    """What was loaded."""
    tables = "1 table" if case["tables"] == 1 else f"{case['tables']:,} tables"
    return f"{case['rows']:,} rows in {tables}, {case['bytes'] / 1e6:.1f} MB"


def render(results: dict) -> str:
    """The whole report: the machine, and a table for each case with notes on who lost what."""
    parts = [tabulate(results["machine"].items(), tablefmt="plain", disable_numparse=True)]
    for case in results["cases"]:
        parts.append(questions.render(case) if "asked" in case else _render_case(case))
    return "\n\n".join(parts)


def _render_case(case: dict) -> str:
    found = {outcome["name"]: summarize(outcome) for outcome in case["outcomes"]}
    rounds = max(len(outcome["runs"]) for outcome in case["outcomes"])
    synapse, copy = found.get("synapse"), found.get("copy")
    rows, notes = [], []
    for outcome in ranked(case, bounds=False) + ranked(case, bounds=True):
        numbers, word = found[outcome["name"]], status(outcome)
        reason = outcome["absent"] or outcome["failed"] or outcome["difference"]
        if reason:
            notes.append(f"[{len(notes) + 1}] {outcome['label']}: {reason}")
            word += f" [{len(notes)}]"
        cells = [""] * 7
        if numbers:
            cells = [
                f"{numbers['seconds']:.2f}",
                f"{numbers['low']:.2f}–{numbers['high']:.2f}",
                f"{numbers['seconds'] / synapse['seconds']:.2f}" if synapse else "",
                f"{numbers['cpu']:.2f}",
                f"{numbers['server_cpu']:.2f}",
                f"{numbers['memory'] / 1e6:.0f}",
                "" if outcome["is_bound"] else f"{numbers['rows']:,}",
            ]
        rows.append([outcome["label"], *cells, word])
    headers = ["", "seconds", "min–max", "× synapse", "CPU s", "server CPU s", "peak MB", "rows", "values"]
    table = tabulate(rows, headers, disable_numparse=True, colalign=["left", *["right"] * 7, "left"])
    if synapse and copy:
        ratio = synapse["seconds"] / copy["seconds"]
        notes.insert(0, f"synapse takes {ratio:.2f} times as long as the server's own COPY.")
    return "\n".join([f"{case['case']}: {title(case)}, {rounds} rounds", "", table, *([""] if notes else []), *notes])
