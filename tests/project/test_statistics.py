"""Intervals and probabilities against published values, and against the exact fractions."""

import random
from fractions import Fraction
from itertools import groupby, product
from math import comb, isclose
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Warehouse

# R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872: table I, the score method without correction.
NEWCOMBE = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0000, 0.1611),
    (1, 29): (0.0061, 0.1718),
}
# R. A. Fisher: the lady who tastes tea, with one error and with none; and R's ?fisher.test: twins of convicts.
PUBLISHED = {
    (3, 4, 1, 4): (17 / 70, 1e-12),
    (4, 4, 0, 4): (1 / 70, 1e-12),
    (10, 13, 2, 17): (0.0004652, 1e-4),
}
LARGE = [(165, 2500, 150, 2500), (5, 2500, 0, 10**6), (60_000, 10**6, 59_500, 10**6), (59_500, 10**6, 60_000, 10**6)]
UNTOLD = [(5, 4, 1, 4), (1, 4, 5, 4), (0, 0, 1, 4), (1, 4, 0, 0), (-1, 4, 1, 4), (None, 4, 1, 4), (1, 4, 1, None)]
# A lead of 200 standard deviations: its probability is less than any double, and most of its weights are, too.
CERTAIN = [(900_000, 10**6, 100_000, 10**6), (100_000, 10**6, 900_000, 10**6)]
ASKED = """
select
    {{ wilson_bound('x', 'n', 'low') }},
    {{ wilson_bound('x', 'n', 'high') }},
    {{ lead_by_chance('x', 'n', 'y', 'm') }}
from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) with ordinality as pairs (x, n, y, m, position)
order by position
"""
VARIANTS = [
    ("tie_b", "tie", 6, 2, 0),
    ("tie_a", "tie", 3, 1, 0),
    ("tie_c", "tie", 9, 2, 1),
    ("alone", "alone", 7, 3, 1),
    ("half_a", "half", 0, 0, 0),
    ("half_b", "half", 8, 2, 1),
    ("more_a", "more", 8, 9, 0),
    ("more_b", "more", 8, 2, 3),
    ("more_c", "more", 8, 2, 1),
    ("unmeasured", "more", None, 4, 4),
    ("stray_a", None, 8, 2, 1),
    ("stray_b", None, 8, 4, 2),
]


def lead_by_chance(x: int | None, n: int | None, y: int | None, m: int | None) -> float | None:
    if x is None or n is None or y is None or m is None or not (0 <= x <= n > 0 and 0 <= y <= m > 0):
        return None
    total = comb(n + m, x + y)
    weight = comb(n, x) * comb(m, y)
    tail = 0
    for k in range(x, min(n, x + y) + 1):
        tail += weight
        weight = weight * (x + y - k) * (n - k) // ((k + 1) * (m - x - y + k + 1))
        if weight << 80 < tail:  # what is left falls faster and faster, and no longer shows in a float
            break
    return float(Fraction(tail, total))


def agree(given: float | None, exact: float | None) -> bool:
    if given is None or exact is None:
        return given is exact
    return isclose(given, exact, rel_tol=1e-9, abs_tol=1e-300)


def in_order(value: Fraction | None, variant: str) -> tuple[bool, Fraction, str]:
    return value is None, -(value or Fraction(0)), variant


def test_the_macros_give_the_published_and_the_exact_values(warehouse: "Warehouse") -> None:
    choose = random.Random(1)
    grid = [pair for pair in product(range(5), range(5), range(5), (1, 3, 7)) if pair[0] <= pair[1]]
    chosen = []
    for _ in range(40):
        n, m = choose.randint(1, 5000), choose.randint(1, 5000)
        rate = choose.choice((0.001, 0.05, 0.5, 0.99))
        x, y = (min(size, round(size * rate * choose.uniform(0.8, 1.2))) for size in (n, m))
        chosen.append((x, n, y, m))
    pairs = [*grid, *chosen, *LARGE, *UNTOLD, *CERTAIN, *PUBLISHED, *((x, n, 0, 1) for x, n in NEWCOMBE)]
    compiled = warehouse.dbt("--quiet", "compile", "--inline", ASKED)
    assert compiled.returncode == 0, compiled.stdout
    rows = warehouse.query(compiled.stdout, [list(column) for column in zip(*pairs, strict=True)])
    given = dict(zip(pairs, rows, strict=True))
    for (x, n), bounds in NEWCOMBE.items():
        assert given[x, n, 0, 1][:2] == pytest.approx(bounds, abs=0.00005)
    for pair, (value, error) in PUBLISHED.items():
        assert given[pair][2] == pytest.approx(value, rel=error)
    for pair in [*grid, *chosen, *LARGE, *UNTOLD]:
        assert agree(given[pair][2], lead_by_chance(*pair)), pair
    assert [given[pair][2] for pair in CERTAIN] == [0, 1]
    for (x, n, _, _), (low, high, _) in given.items():
        if x is None or not 0 <= x <= n > 0:
            assert (low, high) == (None, None)
        else:
            assert 0 <= low <= x / n <= high <= 1
            assert (low == 0, high == 1) == (x == 0, x == n)


def test_each_variant_is_compared_with_the_leader_and_the_leader_with_the_next(warehouse: "Warehouse") -> None:
    with warehouse.sqlite("ab_testing") as source:
        tests = [(test,) for test in sorted({variant[1] for variant in VARIANTS if variant[1]})]
        source.executemany("insert into ab_tests (test_id) values (?)", tests)
        columns = "variant_id, test_id, impressions, engagement_actions, consultation_requests"
        source.executemany(f"insert into test_variants ({columns}) values (?, ?, ?, ?, ?)", VARIANTS)
    assert warehouse.synapse("load", "ab_testing").returncode == 0
    done = warehouse.dbt("run", "-s", "ab_tests", "test_variants", "experiment_results")
    assert done.returncode == 0, done.stdout
    for rate, counter in (("engagement", "engagement_actions"), ("consultation", "consultation_requests")):
        rows = warehouse.query(
            f"select test_id, variant_id, {counter}, impressions, {rate}_lead_by_chance"
            " from analytics.experiment_results order by test_id"
        )
        expected: dict[str, float | None] = {}
        for test, group in groupby(rows, key=lambda row: row[0]):
            variants = [(Fraction(x, n) if n else None, variant, x, n) for _, variant, x, n, _ in group]
            best_first = sorted(variants, key=lambda variant: in_order(*variant[:2]))
            for place, (_, variant, *counters) in enumerate(best_first):
                other = counters if place else [*best_first, (None,) * 4][1][2:]
                expected[variant] = lead_by_chance(*best_first[0][2:], *other) if test else None
        given = {variant: by_chance for _, variant, _, _, by_chance in rows}
        assert len(given) == 36 + len(VARIANTS)
        assert {variant for variant in given if not agree(given[variant], expected[variant])} == set()
        if rate == "engagement":
            # The first of equal ones leads: the other way round, it would be 65 / 84.
            assert [given["tie_a"], given["tie_b"]] == pytest.approx([64 / 84, 64 / 84])
