"""The whole warehouse in one file, as pg_dump writes it, and back from it into an empty database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile, mkstemp

from psycopg2 import extensions

from synapse_analytics import Problem
from synapse_analytics.files import refuse_place
from synapse_analytics.postgres.connection import connect, status
from synapse_analytics.postgres.manifest import Manifest, read_manifest, seal
from synapse_analytics.postgres.programs import find_programs, run
from synapse_analytics.words import listed

CATALOGUE = Path(__file__).with_name("backup.sql")
MEASURES = "pg_stat_statements"  # nothing in a warehouse depends on this extension


def backup(root: Path, file: Path, is_ledger: bool = False) -> Manifest:
    """Write the warehouse, or its ledger alone, into a file that only its owner may read, and read it through.

    Raises Problem if the file exists, or PostgreSQL or its programs refuse; then nothing is left of it.
    """
    refuse_place(file)
    with connect(root) as connection, connection.cursor() as cursor:
        server = connection.server_version // 10_000
        programs, major = find_programs(server)
        cursor.execute(CATALOGUE.read_text(encoding="utf-8"), {"pattern": "ledger" if is_ledger else "%"})
        schemas, roles, found = cursor.fetchone()
    if not schemas:
        raise Problem("There is nothing to back up in this database: run `synapse load` first.")
    manifest = Manifest(server, major, is_ledger, schemas, roles, [] if is_ledger else found)
    with _partial(file) as partial:
        only = ["--schema=ledger"] if is_ledger else []
        target = ["--no-password", f"--dbname={status(root)}", f"--file={partial}"]
        run(programs / "pg_dump", "--format=custom", "--encoding=UTF8", *only, *target)
        run(programs / "pg_restore", "--list", str(partial))
        run(programs / "pg_restore", "--file=/dev/null", str(partial))  # the list is the file's beginning: this is all
        seal(partial, manifest)
        refuse_place(file)
        partial.replace(file)
    return manifest


def restore(root: Path, file: Path, no_roles: bool = False) -> Manifest:
    """Fill an empty database from such a file, in one transaction. With no_roles, all will belong to this login.

    Raises Problem, with nothing changed, if the file is not whole, the database not empty, or PostgreSQL refuses.
    """
    manifest = read_manifest(file)
    with connect(root) as connection, connection.cursor() as cursor:
        programs, left_out = _prepare(cursor, file, manifest, no_roles)
    path, options = str(file.absolute()), ["--no-owner", "--no-acl"] if no_roles else []
    with NamedTemporaryFile("w", encoding="utf-8", prefix="synapse-") as kept:
        for line in run(programs / "pg_restore", "--list", path).splitlines():
            # As in `24; 2615 16699 SCHEMA - analytics synapse`.
            if not (line.split(" ", 3)[3:] or [""])[0].startswith(left_out):
                kept.write(f"{line}\n")
        kept.flush()
        options += ["--single-transaction", "--exit-on-error", f"--use-list={kept.name}"]
        run(programs / "pg_restore", *options, "--no-password", f"--dbname={status(root)}", path)
    with connect(root) as connection, connection, connection.cursor() as cursor:
        cursor.execute("analyze")
    return manifest


def _prepare(cursor: extensions.cursor, file: Path, manifest: Manifest, no_roles: bool) -> tuple[Path, tuple[str, ...]]:
    """The folder of the programs, and how the entries begin that are left out, because they are there or not needed."""
    server = cursor.connection.server_version // 10_000
    made_by = max(manifest.server, manifest.programs)
    if made_by > server:
        raise Problem(
            f"{file}: it was made by PostgreSQL {made_by}, and the server is {server}: restore it into a newer."
        )
    programs, _ = find_programs(server, exactly=server < 17)  # newer ones set a parameter that 16 does not know
    cursor.execute(CATALOGUE.with_name("restore.sql").read_text(encoding="utf-8"), asdict(manifest))
    objects, present, missing_roles, missing = cursor.fetchone()
    problems = []
    if objects:
        problems.append(
            f"The database is not empty (it has {listed(objects)}): name an empty one in PGDATABASE, or move .postgres"
            " away and run `synapse up`."
        )
    if missing_roles and not no_roles:
        problems.append(
            f"{file}: this server lacks the roles {', '.join(missing_roles)}, which own or may read what is in it: make"
            " them (docs/roles.sql), or leave owners and grants out with --no-roles."
        )
    if needed := [name for name in missing if name != MEASURES]:
        problems.append(f"{file}: the extensions {', '.join(needed)} are missing here: have a superuser make them.")
    if problems:
        raise Problem(*problems)
    schemas = [f"SCHEMA - {name} {owner}" for name, owner in manifest.schemas.items() if name in present]
    unneeded = [f"EXTENSION - {MEASURES} "] if MEASURES in missing else []
    return programs, ("COMMENT - EXTENSION ", *unneeded, *schemas)


@contextmanager
def _partial(file: Path) -> Iterator[Path]:
    """A file beside the one that is to be, of mode 600, which is gone in the end."""
    handle, name = mkstemp(prefix=f".{file.name[:100]}.", dir=file.absolute().parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
