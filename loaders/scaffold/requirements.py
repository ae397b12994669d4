"""The exact versions of everything that runs here, so that another machine can install the same."""

import json
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = "synapse-analytics"


def requirements() -> list[str]:
    """This package and all that it needs, as lines for pip; this one by its address if it came from one."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(OURS, "")]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # it is for other systems
        for needed in map(Requirement, found[name].requires or []):
            if not needed.marker or needed.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(needed.name), each) for each in ("", *needed.extras)]
    ours = found.pop(OURS)
    return [_origin(ours), *sorted(f"{name}=={package.version}" for name, package in found.items())]


def _origin(package: Distribution) -> str:
    """How to install this package elsewhere: pip keeps the address that it had it from (PEP 610)."""
    record = json.loads(package.read_text("direct_url.json") or "{}")
    url = record.get("url", "")
    if commit := record.get("vcs_info", {}).get("commit_id"):
        return f"{OURS} @ {record['vcs_info']['vcs']}+{url}@{commit}"
    if url.startswith("https://"):
        return f"{OURS} @ {url}"
    came = "  # it came from a file: put its wheel where pip finds it" if url else ""
    return f"{OURS}=={package.version}{came}"
