"""Letters on paper: one PDF, tagged for screen readers (PDF/UA-1), with every letter whole.

Typesetting runs in a program of its own, with bounded time and memory, an empty environment and
nothing to read but what it is told. What people typed reaches it as data, never as markup.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from mailer.errors import PaperError

__all__ = ["MOST", "Cover", "Document", "Sheet", "available", "pdf"]

MOST = 500_000
"""Characters that one PDF may hold: some two hundred letters."""

SECONDS = 12.0
"""How long a PDF may take; one of MOST takes about a second."""

PATIENCE = 3.0  # seconds for which one waits for another: those who ask must not pile up

LONGEST_WORD = 60  # characters: what is longer may be broken where the paper ends

_PROGRAM = Path(__file__).with_name("typeset.py")
_LONG = re.compile(rf"(\S{{{LONGEST_WORD}}})(?=\S)")
_ALONE = {"RAYON_NUM_THREADS": "1"}  # all it gets of the environment: one PDF, one core
_ONE_AT_A_TIME = threading.Lock()  # of one process: many at once would be many times the memory


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One letter: who it is for, what stands above it, and its text."""

    to: str
    lines: Sequence[tuple[str, str]]  # label and value
    language: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Cover:
    """What stands before the letters: what this is, in some lines, and a table of them."""

    lines: Sequence[str]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]  # one for each letter, as many cells as `head`


@dataclass(frozen=True, kw_only=True)
class Document:
    """All letters of one PDF, each on a page of its own."""

    title: str
    author: str
    language: str
    foot: str  # at the foot of every page
    no_font: str  # what is said where no font of this machine has some character
    made_at: float  # seconds since 1970
    sheets: Sequence[Sheet]
    cover: Cover | None = None

    @property
    def length(self) -> int:
        """How many characters it has, nearly."""
        return sum(len(sheet.text) for sheet in self.sheets)


def available(find: Callable[[str], object] = find_spec) -> bool:
    """True where the extra `pdf` is installed; `find` looks for a module."""
    return find("typst") is not None


def pdf(document: Document, *, seconds: float = SECONDS, most: int = MOST) -> bytes:
    """The document as a PDF; raises PaperError when that is too much, or takes too long."""
    if document.length > most:
        raise PaperError("the letters are too long for one PDF")
    words = json.dumps(_plain(document)).encode()
    if not _ONE_AT_A_TIME.acquire(timeout=PATIENCE):
        raise PaperError("another PDF is being made")
    try:
        made = subprocess.run(  # noqa: S603 - our own program; what was typed goes in as data
            [sys.executable, "-I", str(_PROGRAM)], cwd="/", env=_ALONE,
            input=words, capture_output=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PaperError(f"the PDF was not ready after {seconds:g} seconds") from None
    finally:
        _ONE_AT_A_TIME.release()
    if made.returncode or not made.stdout.startswith(b"%PDF-"):
        raise PaperError(f"the PDF could not be made: {_last_line(made.stderr)}")
    return made.stdout


def _plain(document: Document) -> dict[str, object]:
    """The document as JSON knows it, each text in paragraphs that know their direction."""
    return {
        **asdict(document),
        "cover": _cover(document.cover) if document.cover else None,
        "sheets": [
            {
                "to": _paragraph(sheet.to),
                "lines": [[label, _paragraph(value)] for label, value in sheet.lines],
                "language": sheet.language,
                "text": [_paragraph(part) for part in _paragraphs(sheet.text)],
            }
            for sheet in document.sheets
        ],
    }


def _cover(cover: Cover) -> dict[str, object]:
    return {
        "lines": [*map(_paragraph, cover.lines)],
        "head": [*cover.head],
        "rows": [[*map(_paragraph, row)] for row in cover.rows],
    }


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def _paragraph(text: str) -> dict[str, object]:
    """A text and whether it runs from right to left, as its first strong character says (UAX 9)."""
    strong = (unicodedata.bidirectional(character) for character in text)
    first = next((kind for kind in strong if kind in {"L", "R", "AL"}), "L")
    return {"rtl": first != "L", "words": _LONG.sub("\\1\u200b", text)}


def _last_line(said: bytes) -> str:
    return (said.decode(errors="replace").strip().splitlines() or ["no word"])[-1][:200]
