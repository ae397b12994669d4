"""The example's databases with many rows more, for questions that need them together."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count, islice
from pathlib import Path

from benchmarks import databases

PLATFORMS = ("linkedin", "twitter", "newsletter")
WAYS = ((0, 0, 1), (0, 1, 1, 2), (2,), (1, 0, 2, 0, 1), (1, 1))  # places in PLATFORMS, in the order of the journey
MADE = "2025-03-01 06:15:00"
INDUSTRIES = ("logistics", "energy", "health", None)


def write(folder: Path, rows: int) -> None:
    """Write the eleven files into the folder, with so many rows more in the three big tables and some in others."""
    for script in sorted(databases.SAMPLES.glob("*.sql")):
        with closing(sqlite3.connect(folder / f"{script.stem}.db")) as file:
            file.executescript(script.read_text(encoding="utf-8"))
            for table, values in _of(script.stem, rows):
                made = "select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null"
                indexes = file.execute(made, [table]).fetchall()
                for name, _ in indexes:  # made anew, they are in one piece
                    file.execute(f"drop index {name}")
                databases.insert(file, table, values)
                for _, statement in indexes:
                    file.execute(statement)
            file.commit()


def _of(database: str, rows: int) -> Iterator[tuple[str, Iterator[tuple]]]:
    posts = rows - rows * 55 // 100 - rows * 30 // 100
    for where, table, values in databases.big_tables(rows):
        if where == database:
            yield table, _of_posts(values, posts) if table == "twitter_posts" else values
    more = (
        ("ab_testing", "ab_tests", _tests(), rows // 5_000),
        ("ab_testing", "test_variants", _variants(), rows // 5_000 * 4),
        ("content_analytics", "business_pipeline", _pipeline(posts), rows // 200),
        ("cross_platform_analytics", "conversion_paths", _paths(), rows // 100),
        ("revenue_acceleration", "revenue_opportunities", _opportunities(), rows // 500),
        ("week3_business_development", "consultation_inquiries", _inquiries(), rows // 500),
    )
    for where, table, values, number in more:
        if where == database:
            yield table, islice(values, number)


def post_id(number: int) -> str:
    """The key of a post, as `databases` invents it."""
    return f"post-{number:09d}-10x-teams"


def _of_posts(tweets: Iterator[tuple], posts: int) -> Iterator[tuple]:
    """The tweets, nine of ten made from one of the posts, which are in another database."""
    for i, tweet in enumerate(tweets):
        yield (tweet[0], post_id(i * 7 % posts), *tweet[2:]) if i % 10 else tweet


def _tests() -> Iterator[tuple]:
    for i in count():
        start, end = f"2025-03-{i % 28 + 1:02d}T09:15:00", f"2025-04-{i % 28 + 1:02d}T09:15:00"
        status = ("active", "completed", "cancelled")[i % 3]
        yield f"test_{i:06d}", f"Test {i}", None, "hook", start, end, status, 0.25, 100 + i, 0.95, None, 0.0, 0.0, MADE


def _variants() -> Iterator[tuple]:
    for i in count():
        seen = i * 7919 % 5000
        acted, asked = seen * (i % 13) // 100, seen * (i % 5) // 400
        rates = (acted / seen if seen else 0.0, asked / seen if seen else 0.0)
        name = ("Plain", "Loud", "Late", "Short")[i % 4]
        texts = (f"test_{i // 4:06d}_variant_{i % 4 + 1}", f"test_{i // 4:06d}", name, "hook", "{}", "engagement")
        yield (*texts, seen, acted, asked, *rates, seen % 400, 0.0, i % 40 == 0, MADE)


def _pipeline(posts: int) -> Iterator[tuple]:
    statuses = ("new", "qualified", "contacted", "proposal", "closed_won", "closed_lost")
    for i in count():
        day, source = f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}", post_id(i * 31 % posts) if i % 9 else None
        value = i % 977 * 12.5 if i % 4 else None
        yield f"inq_{i:07d}", source, day, "audit", "11-50", INDUSTRIES[i % 4], value, statuses[i % 6], None, MADE


def _paths() -> Iterator[tuple]:
    for i in count():
        way = [PLATFORMS[place] for place in WAYS[i * 7 % 11 % 5]]
        times = [f"2025-{i % 12 + 1:02d}-{i % 20 + 1 + step:02d} 06:{i % 60:02d}:00" for step in range(len(way))]
        touches = [
            {"platform": platform, "touchpoint": "click", "timestamp": time, "value": 0.0, "metadata": {"became": None}}
            for platform, time in zip(way, times, strict=True)
        ]
        weights = {platform: way.count(platform) / len(way) for platform in way}
        user, content = f"reader_{i % 60_000:05x}", f"content_{20250528 + i % 300}_{i % 86400:06d}"
        kind = ("paid_audit", "clinic_seat")[i % 2]
        ends = (times[0], times[-1])
        made = (json.dumps(touches), i % 4801 + 0.5, kind, *ends, json.dumps(weights))
        yield f"path_{user}_{content}_{i}", user, content, *made


def _opportunities() -> Iterator[tuple]:
    for i in count():
        source, status = ("LinkedIn", "twitter", "referral")[i % 3], ("active", "proposal", "closed_won")[i % 3]
        scores = (i % 977 * 50.0, i % 100 / 100, i % 11)
        yield f"opp_{i:07d}", source, "platform team", *scores, None, None, None, status, MADE, MADE


def _inquiries() -> Iterator[tuple]:
    for i in count():
        day, status = f"2025-03-{i % 28 + 1:02d}", ("new", "contacted", "won", "lost")[i % 4]
        texts = ("audit", f"Company {i}", None, "11-50", "{}")
        yield f"week_{i:07d}", "2025-03-17-monday", day, *texts, i % 977 * 10.0 if i % 3 else None, status, None, MADE
