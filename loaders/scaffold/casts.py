"""The casts of macros/cast/ that `synapse add` chooses from: what is known of each, and its SQL."""

from dataclasses import dataclass
from pathlib import Path

import jinja2
import yaml

from synapse_analytics import Problem


@dataclass(frozen=True)
class Cast:
    """A row of casts.yml, which says what each field means."""

    macro: str
    type: str
    looks: str
    kind: str
    form: str = ""
    one: str = ""
    declared: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    speaks_for: str = "true"
    ranged: bool = False
    epoch: bool = False


ROWS = yaml.safe_load(Path(__file__).with_name("casts.yml").read_text(encoding="utf-8"))
CASTS = {row["macro"]: Cast(**row) for row in ROWS}


class Casts:
    """The macros of macros/cast/, rendered as dbt would."""

    def __init__(self, root: Path) -> None:
        """Raises Problem if they cannot be read."""
        try:
            variables = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8")).get("vars") or {}
            macros = [path.read_text(encoding="utf-8") for path in sorted((root / "macros" / "cast").glob("*.sql"))]
            environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])  # noqa: S701
            environment.globals["var"] = variables.__getitem__
            self.timezone = str(variables.get("application_timezone", "UTC"))
            self._module = environment.from_string("".join(macros)).module
        except (OSError, yaml.YAMLError, AttributeError, jinja2.TemplateError) as error:
            raise Problem(f"The casts in macros/cast/ cannot be read ({error}): correct them.") from error

    def __call__(self, cast: str, column: str, *arguments: str) -> str:
        """The cast of a column as SQL."""
        try:
            return getattr(self._module, cast)(column, *arguments).strip()
        except (AttributeError, KeyError, jinja2.TemplateError) as error:
            raise Problem(f"The macro {cast} in macros/cast/ cannot be used ({error}): correct it.") from error
