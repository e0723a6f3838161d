"""A list of officials, whatever its form: found out, read, judged, and everything told."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.officials.sources import json_texts, popolo, represent, tables
from mailer.officials.sources.rows import Judge
from mailer.officials.sources.values import Ask, Listing, NotAList, Row
from mailer.problems import Problem, Severity
from mailer.records.encodings import NotText, decode
from mailer.records.findings import Findings, TooManyProblems


@dataclass(frozen=True, kw_only=True)
class Source:
    """A list, read: whom it names, and all that is to be told."""

    file: str
    format: str
    encoding: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]  # with an ERROR for each person who cannot be taken
    columns: dict[str, str]
    partial: bool

    @property
    def refused(self) -> int:
        """How many could not be taken."""
        return sum(one.severity is Severity.ERROR for one in self.problems)


def read(data: bytes, file: str, ask: Ask) -> Source:
    """The list; raises NotAList, or columns.NoColumn for a mapping that does not fit."""
    try:
        decoded = decode(data, ask.encoding)
    except NotText as error:
        raise NotAList(str(error)) from None
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    findings = Findings(file, text)
    notes = [Problem(file=file, message=f"the text is {decoded.encoding}", severity=Severity.NOTE)]
    if decoded.guessed:
        hint = "look whether the accents are right, or say --encoding"
        notes[0] = _told(file, f"this is not UTF-8: it was read as {decoded.encoding}", hint)
    if decoded.broken:
        hint = "save it anew where it came from, as UTF-8"
        notes.append(_told(file, "accents were spoilt before it came here (Ã© for é)", hint))
    judge = Judge(findings, ask.day)
    rows: list[Row] = []
    try:
        listing = _listing(text, ask, findings)
        rows = judge.rows(listing.raws)
    except TooManyProblems:
        listing = Listing(format=ask.format or "csv", raws=(), partial=True)
    if not rows and not findings.failed and not judge.former:
        raise NotAList("it names nobody")
    notes += [_note(file, one) for one in (*listing.notes, *judge.cleaner.notes())]
    notes += [_told(file, one) for one in listing.warnings]
    if judge.former:
        notes.append(_note(file, f"{judge.former:,} are no members on {ask.day}: left out"))
    return Source(
        file=file,
        format=listing.format,
        encoding=decoded.encoding,
        rows=tuple(rows),
        problems=(*notes, *findings.problems()),
        columns=dict(listing.columns),
        partial=listing.partial,
    )


def _listing(text: str, ask: Ask, findings: Findings) -> Listing:
    kind = ask.format
    value = None
    if kind in {"popolo", "represent"} or (not kind and text.lstrip()[:1] in {"{", "["}):
        value = json_texts.load(text)
    if not kind:
        kind = _kind(value)
    if kind == "csv":
        return tables.read(text, ask.columns, findings)
    listing = popolo.read(value, text, ask.day) if kind == "popolo" else represent.read(value, text)
    if not listing.raws:
        raise NotAList(f"it names nobody as {kind.capitalize()} does")
    return listing


def _kind(value: object) -> str:
    """Which form it is: JSON tells by its keys."""
    if value is None:
        return "csv"
    if represent.fits(value):
        return "represent"
    if popolo.fits(value):
        return "popolo"
    raise NotAList("it is JSON, and neither Popolo nor Represent: --format says which is meant")


def _note(file: str, message: str) -> Problem:
    return Problem(file=file, message=message, severity=Severity.NOTE)


def _told(file: str, message: str, suggestion: str = "") -> Problem:
    return Problem(file=file, message=message, suggestion=suggestion, severity=Severity.WARNING)
