"""Compare staging with SQLite, value by value, by rules that do not use the project's own casts."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import yaml
from psycopg2 import extensions, sql

from synapse_analytics.raw_format import decode, raw_name
from synapse_analytics.table import Column, quote

YES, NO = ("1", "true", "t", "yes", "y", "on"), ("0", "false", "f", "no", "n", "off")
APPLICATION = ZoneInfo("Europe/Bucharest")


def read_casts(text: str) -> dict[str, tuple[str, ...]]:
    """The calls in a staging model: by column, the macro and, for as_enum, the type."""
    calls = jinja2.Environment().parse(text).find_all(jinja2.nodes.Call)
    found = {}
    for call in calls:
        if isinstance(call.node, jinja2.nodes.Name) and call.node.name.startswith("as_"):
            column, *enum = (argument.as_const() for argument in call.args)
            found[column] = (call.node.name, *enum)
    return found


def is_kept(cast: str, typed: object, value: object, has_text_affinity: bool) -> bool:
    """Whether a typed value says what the SQLite value said; text of SQLite comes as bytearray."""
    if value is None or typed is None:
        return value is None and typed is None
    text = value.decode() if isinstance(value, bytearray) and is_utf8(value) else None
    match cast:
        case "as_raw":
            found = decode(str(typed), has_text_affinity)
            same = bytearray(found.encode()) if isinstance(found, str) else found
            return type(same) is type(value) and repr(same) == repr(value)
        case "as_text" if isinstance(value, float):  # in whatever decimal, so long as it is this number's
            return repr(float(typed)) == repr(value) and not re.fullmatch("-?[0-9]+", typed)
        case "as_text":
            return typed == (text if text is not None else repr(value))
        case "as_bytes":
            return bytes(typed) == bytes(value) and not text
        case "as_integer":
            return str(typed) == (text if text is not None else repr(value))
        case "as_double":
            return isinstance(value, int | float) and repr(float(typed)) == repr(float(value)) and typed == value
        case "as_numeric":
            return str(typed) == text if text is not None else float(typed) == value
        case "as_boolean":
            return (text if text is not None else repr(value)).lower() in (YES if typed else NO)
        case "as_date":
            return typed == date.fromisoformat(str(text))
        case "as_time":
            return typed == read_time(str(text))
        case "as_json":
            return read_json(json.dumps(typed)) == read_json(str(text))
        case "as_utc" | "as_local_time":
            moment = datetime.fromisoformat(re.sub(r"([-+]\d\d)(\d\d)$", r"\1:\2", str(text)))
            zone = UTC if cast == "as_utc" else APPLICATION
            return typed == (moment.astimezone(UTC) if moment.tzinfo else to_utc(moment, zone))
        case "as_epoch_seconds":
            return Decimal(repr(value)) * 1_000_000 == microseconds(typed)
        case "as_epoch_milliseconds":
            return Decimal(repr(value)) * 1000 == microseconds(typed)
        case "as_epoch_microseconds":
            return value == microseconds(typed)
        case "as_webkit_microseconds":
            return value == microseconds(typed) + 11_644_473_600_000_000
        case "as_apple_seconds":
            return Decimal(repr(value)) * 1_000_000 == microseconds(typed) - 978_307_200_000_000
    return False


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def to_utc(moment: datetime, zone: tzinfo) -> datetime:
    """The instant of a local time, winter time if it occurs twice; one that a clock skips, as if it had not."""
    late = moment.replace(tzinfo=zone, fold=1).astimezone(UTC)
    is_skipped = late.astimezone(zone).replace(tzinfo=None) != moment
    return moment.replace(tzinfo=zone, fold=0).astimezone(UTC) if is_skipped else late


def is_utf8(value: bytearray) -> bool:
    """Whether PostgreSQL can hold it as text."""
    try:
        return "\0" not in value.decode()
    except UnicodeDecodeError:
        return False


def read_json(text: str) -> object:
    """JSON in a form in which two equal keys are two."""
    return json.loads(
        text, parse_float=Decimal, object_pairs_hook=lambda pairs: sorted(pairs, key=lambda pair: pair[0])
    )


def read_time(text: str) -> time:
    if text[-1:].lower() == "m":
        moment = datetime.strptime(text.replace(" ", "").upper(), "%I:%M:%S%p" if text.count(":") > 1 else "%I:%M%p")
        return moment.time()
    return time.fromisoformat(text.zfill(len(text) + (text.find(":") == 1)))


def find_lost(cursor: extensions.cursor, root: Path, name: str, file: Path) -> list[str]:
    """A sentence for each value of a database that its staging view does not say, and each row it does not have."""
    folder = root / "models" / "staging" / name
    declared, called = {}, {}
    for path in folder.glob("*__sources.yml"):
        for source in yaml.safe_load(path.read_text())["sources"]:
            for each in source["tables"]:
                declared[each.get("identifier", each["name"])] = each["name"]
                for column in each["columns"]:
                    staged_as = column.get("config", {}).get("meta", {}).get("staged_as", column["name"])
                    called[each["name"], column["name"]] = staged_as
    lost = []
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda data: data.decode()
        tables = connection.execute(
            "select name, wr from pragma_table_list where schema = 'main' and type = 'table'"
            " and substr(name, 1, 7) <> 'sqlite_'"
        ).fetchall()
        for table, without_rowid in tables:
            source_name = declared[raw_name(table)]
            model = f"stg_{name}__{source_name}"
            casts = read_casts((folder / f"{model}.sql").read_text())
            info = connection.execute(f"pragma table_xinfo({quote(table)})").fetchall()
            columns = [Column(row[1], row[2]) for row in info if row[6] != 1]
            key = [quote(row[1]) for row in sorted(info, key=lambda row: row[5]) if row[5]]
            connection.text_factory = bytearray
            names = ", ".join(quote(column.name) for column in columns)
            aliases = {"rowid", "_rowid_", "oid"} - {column.name.lower() for column in columns}
            order = ", ".join(key) if without_rowid else min(aliases, default="null")
            rows = connection.execute(f"select {names} from {quote(table)} order by {order}").fetchall()
            connection.text_factory = lambda data: data.decode()
            cursor.execute(
                sql.SQL("select {} from staging.{} order by _source_row").format(
                    sql.SQL(", ").join(sql.Identifier(called[source_name, raw_name(c.name)]) for c in columns),
                    sql.Identifier(model),
                )
            )
            staged = cursor.fetchall()
            if len(staged) != len(rows):
                lost.append(f"{model} has {len(staged)} rows, {table} has {len(rows)}")
            classes: dict[tuple[str, object], type] = {}
            for number, (typed, values) in enumerate(zip(staged, rows, strict=False)):
                for column, new, old in zip(columns, typed, values, strict=True):
                    cast = casts[raw_name(column.name)][0]
                    if cast == "as_text" and classes.setdefault((column.name, new), type(old)) is not type(old):
                        lost.append(f"{model}.{column.name}: {new!r} stands for two values")
                    if not is_kept(cast, new, old, column.has_text_affinity):
                        lost.append(f"{model}.{column.name} row {number}: {old!r} became {new!r} by {cast}")
    return lost
