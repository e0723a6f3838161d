"""A program: reads a document as JSON, writes it as a PDF. Run by itself, never imported."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Literal

MEMORY = 1_500_000_000  # bytes of addresses, most of them never touched
CPU = 10  # seconds
LAYOUT = Path(__file__).with_name("letters.typ")
NOTHING = str(LAYOUT.parent / "packages")  # there are none: the layout loads nothing


def main() -> None:
    """Bound what it may use, then typeset what comes in."""
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU)):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    sys.stdout.buffer.write(typeset(json.load(sys.stdin)))


def typeset(document: dict[str, object]) -> bytes:
    """The PDF: PDF/UA-1, or merely tagged and saying so where a character has no font."""
    import typst  # the extra `pdf`

    def attempt(standard: Literal["ua-1"] | None) -> bytes:
        made = typst.compile(
            str(LAYOUT), root=str(LAYOUT.parent), package_path=NOTHING, package_cache_path=NOTHING,
            sys_inputs={"document": json.dumps(document)}, pdf_standards=standard,
            timestamp=int(float(str(document["made_at"]))),
        )  # fmt: skip
        return bytes(made)

    try:
        return attempt("ua-1")
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        document["incomplete"] = True
        return attempt(None)


if __name__ == "__main__":
    main()
