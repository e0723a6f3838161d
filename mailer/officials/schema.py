"""What officials.yaml may hold: one definition, for reading it and for its JSON schema."""

from __future__ import annotations

import re

from mailer.officials import hours as office_hours
from mailer.officials.values import PACE, Holding, Pace
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.formats import day, email, language, timezone
from mailer.records.kinds import Kind, flag, identifier, line, text, text_of
from mailer.records.record import Key, Record, items_of, list_of, words
from mailer.records.tree import Item, Table

_ALMOST_PACE = re.compile(r"(\d{1,9})\s*(?:/|per|an?)?\s*(s|m|h|d)[a-z.]*", re.IGNORECASE)
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


def _read_pace(item: Item, _: Findings) -> Pace:
    if isinstance(item.value, int) and not isinstance(item.value, bool):
        raise Wrong(f"{quoted(item.written)} has no time", f"did you mean {item.value}/hour?")
    written = text_of(item)
    found = Pace.parse(written)
    if found:
        return found
    near = _ALMOST_PACE.fullmatch(written)
    meant = f"{int(near[1])}/{_UNITS[near[2].lower()]}" if near and int(near[1]) else ""
    hint = f"did you mean {meant}?" if meant else "write it as 900/hour, 20/minute or 5000/day"
    raise Wrong(f"{quoted(written)} is not a pace", hint)


pace = Kind(read=_read_pace, schema={"type": "string", "pattern": f"^{PACE.pattern}$"})


def _read_hours(item: Item, _: Findings) -> str:
    written = text_of(item)
    try:
        return str(office_hours.parse(written))
    except office_hours.NotHours as wrong:
        raise Wrong(f"{quoted(written)} {wrong.message}", wrong.suggestion) from None


hours = Kind(
    read=_read_hours, schema={"type": "string", "pattern": f"^(?:{office_hours.PATTERN})$"}
)
"""Hours as text in their one form; mailer.officials.hours reads it again."""

_REACH = (
    Key(name="email", kind=email, help="Where letters go: one address."),
    Key(name="phone", kind=line(60), help="In quotes, as +1 416 555 0100."),
    Key(name="address", kind=text(500), help="The postal address."),
    Key(name="portfolios", kind=list_of(line(80), "portfolios"), help="What the office decides."),
    Key(name="language", kind=language, help="The office's language, as en or fr."),
    Key(name="timezone", kind=timezone, help="As America/Toronto."),
    Key(name="hours", kind=hours, help="Letters come only then, as mon-fri 09:00-17:00."),
    Key(name="pace", kind=pace, help="Most letters in a time, as 900/hour."),
)

POST = Record(
    name="a post",
    keys=(
        Key(
            name="id",
            kind=identifier,
            required=True,
            help="Stable, never used again.",
            example="minister-health",
        ),
        Key(name="title", kind=words(), help="What the office is called."),
        *_REACH,
    ),
    hints={
        "name": "a post has a title; the name belongs to the person under officials",
        "holds": "holds belongs to the person under officials",
    },
)

HOLDING = Record(
    name="a post held",
    keys=(
        Key(
            name="post",
            kind=identifier,
            required=True,
            help="The id of a post.",
            example="minister-health",
        ),
        Key(name="from", kind=day, attribute="start", help="First day, as 2019-06-20."),
        Key(name="until", kind=day, help="Last day; leave it out while it is not known."),
    ),
    hints={
        **dict.fromkeys(("start", "since", "begin", "begins"), "write from"),
        **dict.fromkeys(("to", "till", "end", "ends"), "write until"),
        **dict.fromkeys(("role", "office", "position", "id", "name"), "write post"),
    },
)


def _read_holdings(item: Item, findings: Findings) -> tuple[tuple[Holding, Item], ...]:
    """Each holding with its place: whether posts exist is only known at the end of the file."""
    found: list[tuple[Holding, Item]] = []
    for part in items_of(item):
        values = HOLDING.read(part, findings)
        if "post" not in values:
            continue
        held = Holding(**values)
        if held.start and held.until and held.until < held.start:
            message = f'"until" ({held.until}) is before "from" ({held.start})'
            item = part.value["until"].item if isinstance(part.value, Table) else part
            findings.error(item.line, item.column, message, "exchange or correct the dates")
        found.append((held, part))
    return tuple(found)


OFFICIAL = Record(
    name="an official",
    keys=(
        Key(
            name="id",
            kind=identifier,
            required=True,
            help="Stable, never used again.",
            example="minister-health",
        ),
        Key(name="name", kind=line(120), required=True, example="Ann Example"),
        Key(name="honorific", kind=words(), help="As The Honourable."),
        Key(name="salutation", kind=words(), help="What stands after Dear, or alone."),
        Key(name="title", kind=words(), help="Without a post: what the person is."),
        *_REACH,
        Key(name="region", kind=line(120)),
        Key(name="district", kind=words(120), help="The area that elected this person."),
        Key(name="tags", kind=list_of(line(80), "tags")),
        Key(
            name="holds",
            kind=Kind(read=_read_holdings, schema={"type": "array", "items": HOLDING.schema()}),
            help="The posts this person holds, with dates.",
        ),
        Key(name="do_not_mail", kind=flag, help="true: never write to this person."),
    ),
    hints={
        "post": "write holds: with a line - post: under it",
        "from": "from belongs under holds, beside post",
        "until": "until belongs under holds, beside post",
        **dict.fromkeys(("nom", "full_name", "fullname"), "write name"),
        **dict.fromkeys(("notes", "note", "comment"), "write it behind a #, as a comment"),
        **dict.fromkeys(("province", "state"), "write region"),
        **dict.fromkeys(("riding", "constituency", "circonscription"), "write district"),
        "party": "write it as one of the tags",
        "active": "do_not_mail: true leaves somebody out",
    },
)


DOMAIN = Record(
    name="a domain",
    keys=(
        Key(
            name="pace",
            kind=pace,
            required=True,
            help="Most letters in a time, all its mailboxes together.",
            example="3000/hour",
        ),
    ),
)


def json_schema() -> dict[str, object]:
    """The JSON schema (draft 7) of officials.yaml, for editors that complete and check."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "officials.yaml",
        "description": "Who can be written to.",
        **ROOT.schema(),
    }


def _untouched(item: Item, _: Findings) -> Item:
    return item


def _section(entry: dict[str, object]) -> Kind:
    return Kind(read=_untouched, schema=entry)


ROOT = Record(
    name="the file",
    keys=(
        Key(
            name="posts",
            kind=_section({"type": "array", "items": POST.schema()}),
            help="The offices: what stays when the person changes.",
        ),
        Key(
            name="officials",
            kind=_section({"type": "array", "items": OFFICIAL.schema()}),
            required=True,
            help="The people.",
            example="and under it the people",
        ),
        Key(
            name="groups",
            kind=_section(
                {
                    "type": "object",
                    "propertyNames": identifier.schema,
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                }
            ),
            help="Names for several posts or officials.",
        ),
        Key(
            name="domains",
            kind=_section({"type": "object", "additionalProperties": DOMAIN.schema()}),
            help="What stands behind the @: the pace of one mail server for all who share it.",
        ),
    ),
    hints={
        **dict.fromkeys(("people", "members", "persons", "contacts"), "write officials"),
        **dict.fromkeys(("offices", "roles", "positions"), "write posts"),
    },
)
