"""What loading again took, as a table of medians, and which goals it meets."""

from statistics import median

from benchmarks.reload import FIRST, LABELS
from benchmarks.report import title

TIMES, LOG, GROWN = "times the first load", "MB of log", "MB more"
# What of synapse's medians is to be at most how much. A row written anew may need a page or two.
GOALS = (
    ("one", TIMES, 0.6),
    ("one", LOG, 2),
    ("one", GROWN, 1),
    ("scattered", TIMES, 1.0),
    ("all", TIMES, 1.5),
)


def render(case: dict) -> str:
    """A table with a block for each change, and which goals are met; at most 80 columns."""
    found = {(each["name"], each["change"]): _summarize(each) for each in case["outcomes"]}
    rounds = max(len(each["runs"]) for each in case["outcomes"])
    lines = [f"{title(case)}, loaded again after a change, {rounds} rounds", ""]
    lines.append(f"{'':19}{'seconds':>7}{'× first':>8}{'× synapse':>10}{'log MB':>7}{'MB':>6}{'grown':>7}{'peak':>6}")
    notes: list[str] = []
    for change, label in LABELS.items():
        lines.append(label)
        for each in case["outcomes"]:
            if each["change"] == change:
                lines.append(_line(each, found, notes))
    lines += ["", *notes, *([""] if notes else [])]
    return "\n".join(lines + [_goal(found, *goal) for goal in GOALS])


def _summarize(outcome: dict) -> dict[str, float] | None:
    runs = outcome["runs"]
    return {name: median(run[name] for run in runs) for name in runs[0]} if runs else None


def _line(each: dict, found: dict, notes: list[str]) -> str:
    mark = ""
    if reason := each["failed"] or each["difference"]:
        notes.append(f"[{len(notes) + 1}] {each['label']}, {LABELS[each['change']]}: {reason}")
        mark = f" {'failed' if each['failed'] else 'lossy'} [{len(notes)}]"
    numbers, first = found[each["name"], each["change"]], found[each["name"], FIRST]
    if not numbers:
        return f"  {each['label']:17}{mark}"
    ours = found.get(("synapse", FIRST))
    return (
        f"  {each['label']:17}{numbers['seconds']:>7.2f}{numbers['seconds'] / first['seconds']:>8.2f}"
        f"{numbers['seconds'] / ours['seconds'] if ours else float('nan'):>10.2f}{numbers['log'] / 1e6:>7.1f}"
        f"{numbers['after'] / 1e6:>6.0f}{(numbers['after'] - numbers['before']) / 1e6:>7.1f}"
        f"{numbers['memory'] / 1e6:>6.0f}{mark}"
    )


def _goal(found: dict, change: str, what: str, most: float) -> str:
    numbers, first = found.get(("synapse", change)), found.get(("synapse", FIRST))
    goal = f"goal, {LABELS[change]}: at most {most} {what}"
    if not numbers or not first:
        return f"{goal}: not measured"
    value = {
        TIMES: numbers["seconds"] / first["seconds"],
        LOG: numbers["log"] / 1e6,
        GROWN: (numbers["after"] - numbers["before"]) / 1e6,
    }[what]
    return f"{goal}: {value:.2f}, {'met' if value <= most else 'not met'}"
