"""The payloads of APIs, judged by schemas written from their documentation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parent / "schemas"

judging = True
"""False only in a stub that is a process of its own, for measuring: to judge a letter costs more
than to send one."""


@cache
def schema(name: str) -> Draft202012Validator:
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def faults(name: str, payload: Any) -> list[str]:
    """What a payload does not keep of the schema of that name; empty when all is well."""
    if not judging:
        return []
    return [f"{error.json_path}: {error.message}" for error in schema(name).iter_errors(payload)]
