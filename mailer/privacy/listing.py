"""The map as rows to read: for docs/security.md, and for whoever answers for these pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from mailer.config import Settings
from mailer.i18n import SOURCE
from mailer.privacy.files import FILES
from mailer.privacy.periods import period
from mailer.privacy.tables import TABLES
from mailer.privacy.topics import TOPICS
from mailer.privacy.values import Column, Ends, Erasing, Ground, Told

GROUNDS = {
    Ground.ASKED: "they asked for it (consent)",
    Ground.PROOF: "to be able to show it (duty to prove)",
    Ground.GUARD: "to keep the service safe and true (legitimate interest)",
    Ground.NONE: "",
}
_ERASING = {
    Erasing.ROW: "the row goes",
    Erasing.BLANK: "becomes empty",
    Erasing.READER: "becomes empty in mails to the supporter",
    Erasing.WORDS: "name and address are taken out; of mails to the supporter nothing stays",
    Erasing.KEEP: "stays",
}
_TOLD = {
    Told.YES: "yes",
    Told.OWNER: "to the owner alone",
    Told.LETTERS: "of letters; of our mails to the owner alone",
    Told.NO: "no",
}
_SETTINGS = {
    Ends.TEXT: "MAILER_RETENTION_TEXT_DAYS",
    Ends.PERSON: "MAILER_RETENTION_PERSON_DAYS",
    Ends.ACCOUNT: "MAILER_RETENTION_PERSON_DAYS",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """Columns of one table, or a kind of file, that share their fate."""

    place: str
    names: tuple[str, ...]  # of columns; () for a kind of file
    topic: str  # its id
    kept: str
    erasing: str
    told: str


def topics(settings: Settings) -> Iterator[tuple[str, str, str, str, str]]:
    """Of each topic its id and title, whose, what for, why we may, how long."""
    for one in TOPICS:
        kept = _kept(one.ends, settings)
        yield f"{one.id}: {one.title}", one.whose.value, one.purpose, GROUNDS[one.ground], kept


def rows(settings: Settings) -> Iterator[Row]:
    """Every column and every kind of file, those with one fate together."""
    for table, columns in TABLES.items():
        ordered = sorted(columns.items(), key=lambda item: _fate(item[1]))
        for _, group in groupby(ordered, key=lambda item: _fate(item[1])):
            found = list(group)
            one = found[0][1]
            yield Row(
                place=table, names=tuple(name for name, _ in found), topic=one.topic.id,
                kept=_kept(one.ends, settings), told=_TOLD[one.told],
                erasing=_ERASING[one.erasing] + (f": {one.why}" if one.why else ""),
            )  # fmt: skip
    for file in FILES:
        yield Row(
            place=file.name, names=(), topic=file.topic.id, kept=_kept(file.ends, settings),
            erasing=f"{_ERASING[file.erasing]}: {file.why}", told=_TOLD[Told.NO],
        )  # fmt: skip


def topics_table(settings: Settings) -> str:
    """The kinds of data as a table in Markdown."""
    said = ["| data | whose | what for | why we may | kept |", "|---|---|---|---|---|"]
    said += [f"| {' | '.join(cells)} |" for cells in topics(settings)]
    return "\n".join(said) + "\n"


def places_table(settings: Settings) -> str:
    """Every column and every kind of file as a table in Markdown."""
    said = [
        '| where | what | data | kept | an erasure | in "my data" |',
        "|---|---|---|---|---|---|",
    ]
    for row in rows(settings):
        where = f"`{row.place}`" if row.names else row.place
        names = ", ".join(f"`{name}`" for name in row.names)
        cells = (where, names, row.topic, row.kept, row.erasing, row.told)
        said.append(f"| {' | '.join(cells)} |")
    return "\n".join(said) + "\n"


def _fate(one: Column) -> tuple[str, ...]:
    return (one.topic.id, one.ends, one.erasing, one.told, one.why)


def _kept(ends: Ends, settings: Settings) -> str:
    said = period(ends, settings, SOURCE)
    return f"{said} (`{_SETTINGS[ends]}`)" if ends in _SETTINGS else said
