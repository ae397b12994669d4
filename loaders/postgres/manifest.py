"""The form of a backup: what pg_dump wrote, and behind it, where pg_restore does not look, two lines.

They are what restoring needs to know, as JSON, and the SHA-256 of all before it. So a file that was cut off or changed
is known before PostgreSQL sees any of it.
"""

import hashlib
import json
import mmap
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from synapse_analytics import Problem

DIGEST = 65  # bytes at the end: a SHA-256 in hex and a line break


@dataclass(frozen=True)
class Manifest:
    """What restoring a backup needs: the major versions of its server and of the programs that wrote it, whether it is
    the ledger alone, its schemas with their owners, the roles that own or may use anything in it, and its extensions.
    """

    server: int
    programs: int
    is_ledger: bool
    schemas: dict[str, str]
    roles: list[str]
    extensions: list[str]


def seal(file: Path, manifest: Manifest) -> None:
    """Put the two lines behind what pg_dump wrote, and all of it onto the disk. Raises OSError."""
    with file.open("rb+") as stream:
        stream.seek(0, os.SEEK_END)
        stream.write(f"\n{json.dumps(asdict(manifest))}\n".encode())
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.write(f"{digest}\n".encode())
        stream.flush()
        os.fsync(stream.fileno())


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself. Raises Problem if it is not whole, and OSError if it cannot be read."""
    try:
        if not file.is_file() and file.exists():  # a pipe would be waited for
            raise ValueError("no file")
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            body = max(len(content) - DIGEST, 0)
            with memoryview(content)[:body] as view:
                digest = hashlib.sha256(view).hexdigest()
            if content[body:] != f"{digest}\n".encode():
                raise ValueError("not its digest")
            return Manifest(**json.loads(content[content.rfind(b"\n", 0, body - 1) + 1 : body]))
    except (ValueError, TypeError):
        raise Problem(
            f"{file}: this is not a whole backup by `synapse backup`: it was cut off or changed, or is something else:"
            " restore another one. What pg_dump wrote without synapse, pg_restore reads."
        ) from None
