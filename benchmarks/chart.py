"""Draw the results: bars of medians with their span, those who lose values hatched, the bounds as lines."""

from pathlib import Path

import matplotlib
from matplotlib import pyplot

from benchmarks.report import ranked, status, summarize, title

OURS, OTHERS, INK = "#1f6feb", "#b6bfc9", "#24292f"


def draw(results: dict, cases: tuple[str, ...], file: Path) -> None:
    """One panel for each of these cases, one below the other; all cases where none is named."""
    loaded = [case for case in results["cases"] if "outcomes" in case]
    chosen = [case for case in loaded if not cases or case["case"] in cases]
    matplotlib.rcParams |= {"svg.hashsalt": "bench", "font.size": 11, "hatch.linewidth": 0.8, "text.color": INK}
    bars = [ranked(case, bounds=False) for case in chosen]
    figure, axes = pyplot.subplots(
        len(chosen),
        figsize=(9, sum(0.36 * len(panel) + 1.1 for panel in bars)),
        height_ratios=[len(panel) + 1.5 for panel in bars],
        squeeze=False,
        layout="constrained",
    )
    for axis, case in zip(axes[:, 0], chosen, strict=True):
        _draw_case(axis, case)
    axes[-1, 0].set_xlabel("seconds, median of the rounds with the fastest and the slowest; hatched: values were lost")
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=100)
    pyplot.close(figure)


def _draw_case(axis: pyplot.Axes, case: dict) -> None:
    numbers = {outcome["name"]: summarize(outcome) for outcome in case["outcomes"]}
    outcomes = ranked(case, bounds=False)
    longest = max(found["high"] for found in numbers.values() if found)
    synapse = numbers.get("synapse")
    for place, outcome in enumerate(outcomes):
        found, word = numbers[outcome["name"]], status(outcome)
        if not found:
            axis.text(longest * 0.01, place, word, va="center", color="#8b949e", style="italic")
            continue
        span = [[found["seconds"] - found["low"]], [found["high"] - found["seconds"]]]
        axis.barh(
            place,
            found["seconds"],
            height=0.7,
            color=OURS if outcome["name"] == "synapse" else OTHERS,
            hatch="///" if word == "lossy" else None,
            edgecolor="white",
            xerr=span,
            error_kw={"ecolor": INK, "capsize": 3, "elinewidth": 1},
        )
        is_other = synapse and outcome["name"] != "synapse"
        times = f" · {found['seconds'] / synapse['seconds']:.1f}×" if is_other else ""
        label = f"{found['seconds']:.2f} s{times}" + (f" · {word}" if word == "lossy" else "")
        axis.text(found["high"] + longest * 0.012, place, label, va="center", fontsize=10)
    for name, style in (("copy", "-"), ("read", ":")):
        bound = numbers.get(name)
        if bound:
            label = next(o["label"] for o in case["outcomes"] if o["name"] == name).removeprefix("bound: ")
            axis.axvline(bound["seconds"], color="#cf222e", linestyle=style, linewidth=1.2, label=label)
    axis.set_yticks(range(len(outcomes)), [outcome["label"] for outcome in outcomes])
    axis.set_xlim(0, longest * 1.3)
    axis.set_ylim(len(outcomes) - 0.4, -0.6)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(left=False, colors=INK)
    axis.set_title(title(case), loc="left", fontsize=12)
    if {"copy", "read"} & numbers.keys():
        axis.legend(loc="upper right", frameon=False, fontsize=10)
