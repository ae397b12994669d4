"""What `synapse … --json` prints, held against the schema that the docs have."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA = json.loads((Path(__file__).parents[1] / "docs" / "output.schema.json").read_text())


def read(stdout: str) -> list[dict]:
    """The records of a document that keeps to the schema."""
    document = json.loads(stdout)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)
    return document["records"]


def outcomes(records: list[dict]) -> list[tuple]:
    return [(record["database"], record["table"], record["outcome"]) for record in records]
