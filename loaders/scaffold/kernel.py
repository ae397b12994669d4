"""The kernel: the files that every project has, as this version has them, and how a project differs from them."""

import difflib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import yaml

PACKED = Path(__file__).parents[1] / "kernel"  # in a wheel; else the repository has them
PATTERNS = Path(__file__).with_name("kernel.txt")
RECORD = ".kernel.sha256"  # what was written, so that a later version can tell its own changes from the owner's
# What the owner sets in dbt_project.yml, and what stands there if the owner took it out; a seed is the owner's too.
ZONE = "application_timezone"
VARS = {ZONE: ": UTC", "enums": ": {}"}


@dataclass(frozen=True)
class Kernel:
    """The text of each file of the kernel by its path, for the project of this name with these vars, as YAML."""

    files: dict[str, str]

    def missing(self, root: Path) -> dict[str, str]:
        """The files that a project lacks."""
        return {path: text for path, text in self.files.items() if not (root / path).exists()}

    def differing(self, root: Path) -> tuple[list[str], list[str]]:
        """The files that are as an earlier version wrote them, and those that their owner changed."""
        record, news, owned = read_record(root), [], []
        for path, text in self.files.items():
            found = (root / path).read_bytes() if (root / path).is_file() else text.encode()
            if found != text.encode() and not path.endswith(".csv"):
                (news if record.get(path) == _digest(found) else owned).append(path)
        return news, owned

    def diff(self, root: Path, paths: list[str]) -> str:
        """What would make these files of a project those of the kernel, as a patch for `git apply`."""
        lines: list[str] = []
        for path in paths:
            old = (root / path).read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            new = self.files[path].splitlines(keepends=True)
            for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
                lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
        return "".join(lines)

    def record(self, root: Path) -> str:
        """What the record is to say, as sha256sum writes it: files that are not as the kernel has them stay in it."""
        digests = read_record(root)
        for path, text in self.files.items():
            if not (root / path).exists() or (root / path).read_bytes() == text.encode():
                digests[path] = _digest(text.encode())
        return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))


def read_kernel(name: str, values: dict[str, str]) -> Kernel:
    """The kernel for a project of this name. `values` are the YAML of some VARS, as it stands after their names."""
    root = PACKED if PACKED.is_dir() else Path(__file__).parents[2]
    patterns = PATTERNS.read_text(encoding="utf-8").split()
    paths = sorted(path for pattern in patterns for path in root.glob(pattern) if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    project = files["dbt_project.yml"]
    example = yaml.safe_load(project)["name"]
    for var, value in (VARS | values).items():
        start, end = _place(project, var)
        project = project[:start] + value + project[end:]
    files["dbt_project.yml"] = project.replace(example, name)
    files["profiles.yml"] = files["profiles.yml"].replace(example, name)
    return Kernel(files)


def read_vars(project: str) -> dict[str, str]:
    """The YAML of each of VARS that a dbt_project.yml has. Raises yaml.YAMLError for what is no YAML."""
    found = {}
    for var in VARS:
        start, end = _place(project, var)
        if end:
            found[var] = project[start:end]
    return found


def read_record(root: Path) -> dict[str, str]:
    """The digest of each file of the kernel as it was last written into a project, by its path."""
    file = root / RECORD
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


def _digest(text: bytes) -> str:
    return sha256(text).hexdigest()


def _place(project: str, var: str) -> tuple[int, int]:
    """Where the colon and the value of a var begin and end in a dbt_project.yml; (0, 0) if it is not there."""
    node = yaml.compose(project, yaml.SafeLoader)
    for step in ("vars", var):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = [(key.end_mark.index, value) for key, value in pairs if key.value == step]
        if not found:
            return 0, 0
        start, node = found[0]
    while isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        node = node.value[-1][1]  # a block ends where the next one begins, its last value where it ends
    return start, node.end_mark.index
