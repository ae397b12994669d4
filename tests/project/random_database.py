"""A database of random tables: keys, references that hold or do not, odd names, and values that contradict types."""

import random
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from synapse_analytics.table import quote

COLUMNS = ["id", "Id No", "order", "user", "status", "created_at", "is_ok", "a", "b", "x y", "key", "date", "it's", "é"]
# Few values a type, so that keys repeat and references match.
VALUES: dict[str, list[object]] = {
    "integer": [1, 2, 3, 4, 5, 6],
    "bigint": [1, 2, 2**53 + 1, 1_700_000_000],
    "text": ["a", "b", "1", "2", "01", "2025-01-01"],
    "real": [1.0, 2.0, 0.5],
    "": [1, 2, "1", "a", 1.0],
    "blob": [b"\x01", b"\x02"],
    "datetime": ["2025-01-01 00:00:00", "2025-01-01T00:00:00", "2025-01-01 02:00:00+02:00", 1_700_000_000],
    "boolean": [0, 1, "true", "no"],
    "numeric": [1, 2, 1.5],
    "date": ["2025-01-01", "2025-01-02"],
    "varchar(3)": ["a", "12.50", '{"a": 1}'],
    "json": ['{"a": 1}', '{"a":1}', "[]"],
}
ODD = [None, None, "x", 5, 2.5, b"\x01", "5", ""]


def make(file: Path, seed: int, tables: int) -> None:
    """The same database for the same seed. A table or a row that SQLite refuses is left out."""
    dice = random.Random(seed)
    made: list[tuple[str, list[list[str]]]] = []
    with closing(sqlite3.connect(file)) as connection:
        for number in range(tables):
            name = dice.choice(["t{}", "Table {}", "T{}Name", "o'{}", "ü{}", "tab-{}", "{}x", "L" * 40 + "{}"]).format(
                number
            )
            kinds = {column: dice.choice(sorted(VALUES)) for column in dice.sample(COLUMNS, dice.randint(1, 7))}
            key, *unique = [dice.sample(list(kinds), min(len(kinds), dice.choice([1, 1, 2]))) for _ in range(3)]
            parts = [f"{quote(column)} {kind} {dice.choice(['', 'not null'])}" for column, kind in kinds.items()]
            parts += [f"primary key ({', '.join(map(quote, key))})"] * dice.choice([0, 1, 1])
            has_key = "primary key" in parts[-1]
            parts += [f"unique ({', '.join(map(quote, names))})" for names in unique[: dice.randint(0, 2)]]
            for parent, keys in [dice.choice([*made, (name, [key])]) for _ in range(dice.randint(0, 3))]:
                target = dice.choice(keys)
                if len(target) <= len(kinds):
                    own = ", ".join(map(quote, dice.sample(list(kinds), len(target))))
                    parts.append(f"foreign key ({own}) references {quote(parent)} ({', '.join(map(quote, target))})")
            options = dice.choice(["", "", "without rowid"]) if has_key else ""
            with suppress(sqlite3.OperationalError):
                connection.execute(f"create table {quote(name)} ({', '.join(parts)}) {options}")
                made.append((name, [key, *unique]))
                for _ in range(dice.choice([0, 1, 5, 30, 60])):
                    row = [
                        dice.choice(ODD) if dice.random() < 0.2 else dice.choice(VALUES[kind])
                        for kind in kinds.values()
                    ]
                    with suppress(sqlite3.IntegrityError):
                        connection.execute(f"insert into {quote(name)} values ({', '.join('?' * len(row))})", row)
        connection.commit()
