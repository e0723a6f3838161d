"""Letters as a PDF, judged by another reader: whole, in order, tagged, and nothing but data."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from mailer import paper
from mailer.errors import PaperError
from mailer.paper import Document, Sheet

FIRST = """\
Madame la Ministre,

Trois   espaces, une ligne
  puis une autre : œuvre, « ça », 1 000 €, l’été – ffi.

Ann Example"""
HOSTILE = """\
#read("/etc/passwd") #import "@preview/tablex:0.0.9": * #eval("1+1") #panic()

$x^2$ *bold* _low_ `raw` @label <label> \\u{41} // comment /* more */ = Heading
- item + item / term: said [content] {code} ~ -- --- "quoted" \\

<script>alert(1)</script> https://evil.example/?a=b&c=d"""


def sheet(text: str = FIRST, **changes: Any) -> Sheet:
    made = Sheet(
        to="The Honourable Nora North", lines=[("To", "Nora North <north@ministry.example>")],
        language="fr", text=text,
    )  # fmt: skip
    return replace(made, **changes)


def document(*sheets: Sheet, **changes: Any) -> Document:
    made = Document(
        title="Quiet exams", author="Ann Example", language="en", foot="Reference ABCDE-FGHJK",
        no_font="No font has some of the characters.", made_at=1_800_000_000.0,
        sheets=sheets or (sheet(),),
    )  # fmt: skip
    return replace(made, **changes)


def read(made: bytes) -> tuple[PdfReader, list[str]]:
    reader = PdfReader(io.BytesIO(made), strict=True)
    return reader, [page.extract_text() for page in reader.pages]


def tags(node: Any) -> Iterator[str]:
    """The kinds of all elements of the structure, in reading order."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for one in node:
            yield from tags(one)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield str(node["/S"])
        if "/K" in node:
            yield from tags(node["/K"])


def test_every_letter_is_there_whole_and_in_order() -> None:
    letters = [sheet(f"{FIRST}\n\nNumber {number}.") for number in range(12)]
    reader, pages = read(paper.pdf(document(*letters)))
    assert len(pages) == 12
    for number, page in enumerate(pages):
        lines = page.splitlines()
        start = lines.index("Madame la Ministre,")
        shown = [line for line in f"{FIRST}\n\nNumber {number}.".splitlines() if line]
        assert lines[start : start + len(shown)] == shown
        assert f"Reference ABCDE-FGHJK {number + 1} / 12" in page
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Quiet exams", "Ann Example")


def test_it_is_tagged_as_pdf_ua_wants() -> None:
    reader, _ = read(paper.pdf(document(sheet(), sheet())))
    root = reader.root_object
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    found = list(tags(root["/StructTreeRoot"]))
    assert found[0] == "/Document"
    assert found.count("/H1") == 2, "one heading for each letter"
    assert found.count("/P") >= 6
    assert all(page["/Tabs"] == "/S" and "/StructParents" in page for page in reader.pages)


def test_what_was_typed_is_only_ever_text() -> None:
    reader, pages = read(paper.pdf(document(sheet(HOSTILE, to='#panic("to")'))))
    text = "\n".join(pages)
    assert "root:" not in text
    for line in filter(None, HOSTILE.splitlines()):
        assert line.strip() in text
    assert '#panic("to")' in text
    assert not any("/Annots" in page for page in reader.pages), "nothing to click"


def test_languages_that_run_from_right_to_left() -> None:
    _, pages = read(paper.pdf(document(sheet("Bonjour,\n\nשלום\n\nFin."))))
    assert "שלום" in pages[0], "and in the order in which it is read"


def test_a_word_that_no_paper_is_wide_enough_for_is_broken() -> None:
    _, pages = read(paper.pdf(document(sheet("Ж" * 3000))))
    longest = max(len(line) for line in pages[0].splitlines())
    assert longest < 200
    assert sum(page.count("Ж") for page in pages) == 3000


def test_a_character_without_a_font_is_told_of() -> None:
    reader, pages = read(paper.pdf(document(sheet("Before \U000f1234 after."))))
    assert "No font has some of the characters." in pages[0]
    assert "Before" in pages[0]
    assert "after." in pages[0]
    assert reader.root_object["/MarkInfo"]["/Marked"], "tagged all the same"
    assert "No font" not in read(paper.pdf(document()))[1][0]


def test_nobody_need_be_named() -> None:
    reader, _ = read(paper.pdf(document(author="", title="Ünïcode שלום")))
    assert reader.metadata is not None
    assert reader.metadata.title == "Ünïcode שלום"


def test_the_same_letters_give_the_same_bytes() -> None:
    assert paper.pdf(document()) == paper.pdf(document())


def test_too_much_is_refused_before_anything_is_made() -> None:
    with pytest.raises(PaperError, match="too long for one PDF"):
        paper.pdf(document(sheet("x" * (paper.MOST + 1))))


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(PaperError, match=re.escape("not ready after 0.01 seconds")):
        paper.pdf(document(), seconds=0.01)
    assert paper.pdf(document()), "and the next one is made"


def test_what_cannot_be_made_says_so() -> None:
    with pytest.raises(PaperError, match="could not be made"):
        paper.pdf(document(language="not a language"))


def test_without_the_extra_there_is_none() -> None:
    assert paper.available()
    assert not paper.available({}.get)
