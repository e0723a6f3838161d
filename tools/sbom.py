"""The software bill of materials of a deployment, as CycloneDX has it (ECMA-424).

What a Python that was installed from the lock holds, with versions, licences, who needs whom, and
the hashes of the files it may have come from.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from tools.licences import READ
from tools.lock import LOCK, ROOT, hashes_of

SCHEMA = SchemaVersion.V1_6


def bill(python: str, lock: str) -> dict[str, Any]:
    """The bill of what one Python has installed; the project itself is what it is about."""
    made = subprocess.run(
        [
            *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
            *("--spec-version", SCHEMA.to_version(), "--output-format", "JSON"),
            *("--mc-type", "application", "--pyproject", "pyproject.toml", "--no-validate"),
            *("-o", "-", python),
        ],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(made)
    hashes = hashes_of(lock)
    for part in found["components"]:
        _forget_places(part)
        if not part.get("licenses") and (read := READ.get(canonicalize_name(part["name"]))):
            stated = {"id": read[0], "acknowledgement": "concluded"}  # by a person, from its file
            part["licenses"] = [{"license": stated}]
        if known := hashes.get(canonicalize_name(part["name"])):
            part["hashes"] = [{"alg": "SHA-256", "content": one} for one in known]
    return found


def _forget_places(part: dict[str, Any]) -> None:
    part["externalReferences"] = [
        one for one in part.get("externalReferences", ()) if not one["url"].startswith("file:")
    ]


def faults(made: dict[str, Any]) -> Iterator[str]:
    """What the schema has against a bill; nothing when it is valid."""
    if wrong := JsonStrictValidator(SCHEMA).validate_str(json.dumps(made)):
        yield str(wrong)


def main(python: str, to: Path) -> int:
    """Write the bill; returns how the program ends."""
    made = bill(python, LOCK.read_text(encoding="utf-8"))
    wrong = list(faults(made))
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(made, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print("\n".join(wrong) or f"{to}: {len(made['components'])} components")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
