"""Quote text of a file for where it goes: the Jinja of a model, YAML that dbt renders, a comment."""

import re
import textwrap
from collections.abc import Iterable

import yaml

from synapse_analytics.raw_format import TAG
from synapse_analytics.scaffold.describe import visible, without_tags

Values = str | Iterable[str] | dict[str, str | Iterable[str]]


def _literal(text: str) -> str:
    """A string in the Jinja of a model."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _undisturbed(text: str) -> str:
    """Text that dbt renders, and that comes out as it was."""
    return re.sub(r"\{[{%#]", lambda found: "{{ '" + found[0] + "' }}", text)


def remark(text: str) -> str:
    """A comment in a model or in YAML, in one line."""
    return _undisturbed(without_tags(visible(text)))


def _spaced(text: str) -> str:
    """A line of SQL in a comment of a file that dbt renders and shows; a blank keeps it from being a tag."""
    return _undisturbed(TAG.sub("< ", visible(text)))


def _yaml(text: str) -> str:
    """A string in YAML, in one line."""
    return _dump(_undisturbed(text))


def _flow(value: Values) -> str:
    """Strings in YAML, as a list or by their keys, in one line."""
    return _dump(_safe(value))


def _safe(value: Values) -> Values:
    if isinstance(value, str):
        return _undisturbed(value)
    if isinstance(value, dict):
        return {key: _safe(found) for key, found in value.items()}
    return [_safe(found) for found in value]


def _dump(value: Values) -> str:
    dumped = yaml.safe_dump(value, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False)
    return dumped.removesuffix("...\n").removesuffix("\n")  # not strip(), which takes more for blank than YAML does


def _prose(text: str, indent: int) -> str:
    """A description in YAML: in its line if it fits, else folded."""
    if len(text) + indent <= 100 or not text.isprintable() or "  " in text:
        return _yaml(text)
    lines = textwrap.wrap(_undisturbed(text), 118 - indent, break_long_words=False, break_on_hyphens=False)
    return ">\n" + textwrap.indent("\n".join(lines), " " * indent)


FILTERS = {
    "literal": _literal,
    "yaml": _yaml,
    "flow": _flow,
    "prose": _prose,
    "remark": remark,
    "spaced": _spaced,
}
