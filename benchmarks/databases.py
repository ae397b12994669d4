"""The databases that are loaded: invented rows in real tables, the same on every machine."""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "loaders" / "samples"
PLATFORMS = ("linkedin", "twitter", "newsletter", "Twitter", "LinkedIn")
SENTENCE = (
    "we measured what a team of ten gets done in a week and it was not what anybody had expected from them while the"
    " café's API said naïve things like 10× or €5k about our résumé of queries, indexes, deploys and rollbacks 🚀 👩‍💻"
)
WORDS = SENTENCE.split()
RARE = ('He said "no", twice.', "C:\\new\\table\\x", "\\N", "a\tb", "100 %; it's 'fine'", "\r\nline two", "")
# Primes, so that texts and numbers come together anew in every row.
TEXTS, TIMES = 4_999, 10_007


def make(folder: Path, case: str) -> Path:
    """The file of a case, such as `rows-100000` or `tables`, in the folder; made where there is none of this code."""
    file = folder / f"{case.replace('-', '_')}.db"
    changed = max(source.stat().st_mtime for source in (Path(__file__), *SAMPLES.glob("*.sql")))
    if not file.exists() or file.stat().st_mtime < changed:
        kind, _, rows = case.partition("-")
        unfinished = file.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished)) as connection:
            connection.execute("pragma synchronous = off")
            KINDS[kind](connection, int(rows or 0))
            connection.commit()
        unfinished.rename(file)
    return file


def _rows(connection: sqlite3.Connection, rows: int) -> None:
    """Three tables as they are in production, with so many rows in all."""
    for database, table, values in big_tables(rows):
        ddl = [sql for name, sql in _ddl(SAMPLES / f"{database}.sql") if name == table]
        connection.execute(ddl[0])
        insert(connection, table, values)
        for index in ddl[1:]:
            connection.execute(index)


def big_tables(rows: int) -> tuple[tuple[str, str, Iterator[tuple]], ...]:
    """The database, the name and the rows of each of the three, so many in all."""
    touches, tweets = rows * 55 // 100, rows * 30 // 100
    return (
        ("cross_platform_analytics", "attribution_tracking", islice(_touches(), touches)),
        ("twitter_analytics", "twitter_posts", islice(_tweets(), tweets)),
        ("content_analytics", "posts", islice(_posts(), rows - touches - tweets)),
    )


def _touches() -> Iterator[tuple]:
    draw, notes, (iso, _) = random.Random(1), _texts(2, 40, as_json=True), _times()
    for i in count():
        share = draw.random()
        yield (
            f"track_{i:09d}_{int(share * 1e6):06d}",
            f"content_{20250528 + i % 300}_{i % 86400:06d}",
            PLATFORMS[i % 5],
            ("view", "click", "share", "comment", "save")[i % 7 % 5],
            f"reader_{int(share * 60_000):05x}" if i % 3 else None,
            f"session_{i * 7919 % 1_000_003:06x}" if i % 4 else None,
            iso[i % TIMES],
            (0.0, 0.066, share * 1000, (i % 100) / 3, 12.5)[i % 5],
            f'{{"from": "{PLATFORMS[i % 3]}", "note": {notes[i % TEXTS]}, "depth": {share:.2f}}}' if i % 5 else None,
            i % 2,
        )


def _tweets() -> Iterator[tuple]:
    draw, texts, (iso, local) = random.Random(3), _texts(4, 130), _times()
    for i in count():
        seen = int(draw.random() ** 3 * 50_000)
        yield (
            f"tweet_{1_700_000_000_000_000 + i * 977}",
            f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}-post-{i % 5000}",
            texts[i % TEXTS],
            i % 9 + 1,
            9,
            *(seen, seen // 90, seen // 20, seen // 150, seen // 45),
            (seen // 20 + 3) / (seen + 7),
            local[i % TIMES],
            iso[(i + 5) % TIMES],
        )


def _posts() -> Iterator[tuple]:
    draw, texts, (iso, _) = random.Random(5), _texts(6, 60), _times()
    for i in count():
        share = draw.random()
        views = int(share * 9000)
        yield (
            f"post-{i:09d}-10x-teams",
            f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}",
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")[i % 5],
            ("story", "data", "how to")[i % 3],
            "Ten lessons" if i % 2 else None,
            texts[i % TEXTS],
            PLATFORMS[i % 5],
            "6:30 AM",
            *(views, views // 20, views // 80, views // 200, views // 150),
            (share / 10, 0.066, 1 / 3)[i % 3],
            *(views // 40, views // 300, i % 4, i % 2),
            *(share / 30, share * 5, share * 10),
            iso[i % TIMES],
        )


def _tables(connection: sqlite3.Connection, _: int) -> None:
    """A thousand small tables: what a table costs, whatever is in it."""
    texts, (iso, _) = _texts(7, 40), _times()
    for number in range(1000):
        table = f"table_{number:04d}"
        connection.execute(
            f"create table {table} (id integer primary key, name text not null, value real, at timestamp, done boolean)"
        )
        rows = ((i, texts[i * number % TEXTS], i / 3, iso[i], i % 2) for i in range(1, 11))
        insert(connection, table, rows)


def _samples(connection: sqlite3.Connection, _: int) -> None:
    """The shipped samples in one file, because no peer loads several at once; names that clash get their database's."""
    taken: set[str] = set()
    for script in sorted(SAMPLES.glob("*.sql")):
        with closing(sqlite3.connect(":memory:")) as sample:
            sample.executescript(script.read_text(encoding="utf-8"))
            for table, sql in _ddl(script):
                if sql.upper().startswith("CREATE TABLE"):
                    name = f"{script.stem}_{table}" if table in taken else table
                    taken.add(table)
                    connection.execute(sql.replace(table, name, 1))
                    insert(connection, name, iter(sample.execute(f"select * from {table}").fetchall()))


def _mixed(connection: sqlite3.Connection, rows: int) -> None:
    """A table whose columns hold values of every storage class."""
    draw, texts, (iso, _) = random.Random(8), _texts(9, 50), _times()
    connection.execute("create table mixed (id integer primary key, anything, other, payload blob, note text)")

    def values() -> Iterator[tuple]:
        for i in range(1, rows + 1):
            share = draw.random()
            anything = (i, share, texts[i % TEXTS], f"{i}", f"{i / 4}", share.hex().encode(), None)
            other = (None, "007", -i, "1e5", b"\x00\xff\\x", iso[i % TIMES], 1 / 3, "")
            yield i, anything[i % 7], other[i % 8], draw.randbytes(i % 60) if i % 9 else None, texts[i * 3 % TEXTS]

    insert(connection, "mixed", values())


def _ddl(script: Path) -> list[tuple[str, str]]:
    """Each table of a sample with its statement, then its indexes, by the table's name."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
        return connection.execute(
            "select tbl_name, sql from sqlite_master where sql is not null and name not like 'sqlite%' order by rowid"
        ).fetchall()


def insert(connection: sqlite3.Connection, table: str, rows: Iterator[tuple]) -> None:
    """Insert these rows, which have all columns in their order."""
    first = next(rows, None)
    if first:
        marks = ", ".join("?" * len(first))
        connection.execute(f"insert into {table} values ({marks})", first)
        connection.executemany(f"insert into {table} values ({marks})", rows)


def _texts(seed: int, size: int, as_json: bool = False) -> list[str]:
    """Texts of about this size, some with what is hard to carry."""
    draw, texts = random.Random(seed), []
    for i in range(TEXTS):
        words = draw.choices(WORDS, k=max(2, int(size / 5.5 * draw.uniform(0.5, 1.5))))
        if i % 4 == 0:
            words.insert(len(words) // 2, "\n\n")
        if i % 25 == 0:
            words.append(RARE[i // 25 % len(RARE)])
        text = " ".join(words)
        texts.append(json.dumps(text, ensure_ascii=False) if as_json else text)
    return texts


def _times() -> tuple[list[str], list[str]]:
    """Times as SQLite writes them, and as Python does."""
    start = datetime(2025, 1, 6, 6, 30, tzinfo=UTC).replace(tzinfo=None)
    times = [start + timedelta(seconds=i * 2477, microseconds=i * 7919) for i in range(TIMES)]
    return [f"{time:%Y-%m-%d %H:%M:%S}" for time in times], [time.isoformat() for time in times]


KINDS: dict[str, Callable[[sqlite3.Connection, int], None]] = {
    "rows": _rows,
    "tables": _tables,
    "samples": _samples,
    "mixed": _mixed,
}
