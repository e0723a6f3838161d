"""What a campaign's front matter may hold: one definition, for reading it and for describing it."""

from __future__ import annotations

from typing import Any

from mailer.campaigns import heldwords
from mailer.campaigns.foreign import FOREIGN, MEANT
from mailer.campaigns.values import Organisation, Role, Signatory, Target
from mailer.officials.schema import hours
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.formats import email, moment, origin, timezone, url
from mailer.records.kinds import Kind, choice, flag, identifier, line, line_of, pattern, whole
from mailer.records.record import Key, Record, items_of, list_of, words
from mailer.records.tree import Item, Table

FIELDS = ("postal_code", "address", "district", "role", "affiliation", "personal")
"""Form fields that a campaign may require, beside name and email."""

OWN = "supporter"
"""In `to`, the district that is each supporter's own."""

_DISTRICT = line(120)
_DISTRICTS = list_of(_DISTRICT, "district")


def _read_districts(item: Item, findings: Findings) -> tuple[str, ...]:
    """One district or several; the supporter's own stands alone."""
    if not isinstance(item.value, tuple):
        name = line_of(item, 120)
        if name != OWN and name.casefold() == OWN:
            raise Wrong(f"{quoted(name)} is the name of no district", f'write "{OWN}"')
        return (name,)
    found: tuple[str, ...] = _DISTRICTS.read(item, findings)
    if not item.value:
        raise Wrong("is empty", f'write district = "{OWN}", or a name')
    if OWN in found:
        raise Wrong(f'holds "{OWN}", which stands alone', f'write district = "{OWN}"')
    return found


TARGET = Record(
    name="to",
    keys=(
        Key(name="portfolios", kind=list_of(line(80), "portfolios")),
        Key(name="tags", kind=list_of(line(80), "tags")),
        Key(name="region", kind=line(120)),
        Key(
            name="district",
            kind=Kind(
                read=_read_districts,
                schema={"anyOf": [_DISTRICT.schema, {**_DISTRICTS.schema, "minItems": 1}]},
            ),
            attribute="districts",
            help=f'A name, several, or "{OWN}": the one each supporter lives in.',
        ),
    ),
)


def _read_target(item: Item, findings: Findings) -> Target:
    if isinstance(item.value, Table):
        found = TARGET.read(item, findings)
        if not item.value:
            raise Wrong("is empty", 'write to = ["minister-health"]')
        for name, entry in item.value.items():
            if entry.item.value == () and name != "district":
                message = f"{quoted(name)} is empty, and asks nothing of anybody"
                findings.error(
                    entry.item.line, entry.item.column, message, "name some, or take it away"
                )
        if found.get("districts") == (OWN,):
            found |= {"own": True, "districts": ()}
        return Target(**found)
    if item.value == ():
        raise Wrong("is empty", 'write to = ["minister-health"]')
    return Target(names=list_of(identifier, "to").read(item, findings))


_TARGET = Kind(
    read=_read_target,
    schema={
        "anyOf": [
            {**list_of(identifier, "to").schema, "minItems": 1},
            {**TARGET.schema(), "minProperties": 1},
        ]
    },
)


def _read_exception(item: Item, findings: Findings) -> Target:
    found = _read_target(item, findings)
    if found.own:
        raise Wrong(f'holds district = "{OWN}", which would leave out everybody', "name districts")
    return found


_EXCEPTION = Kind(read=_read_exception, schema=_TARGET.schema)


def _records(record: Record, make: type[Any]) -> Kind:
    """A list of tables, each made into a value; incomplete ones are told and left out."""
    required = [key.target for key in record.keys if key.required]

    def read(item: Item, findings: Findings) -> tuple[Any, ...]:
        tables = [record.read(part, findings) for part in items_of(item)]
        return tuple(make(**one) for one in tables if all(name in one for name in required))

    return Kind(read=read, schema={"type": "array", "items": record.schema()})


ROLE = Record(
    name="a role",
    keys=(
        Key(name="id", kind=identifier, required=True),
        Key(name="label", kind=words(80), required=True),
        Key(name="prompt", kind=words(300)),
    ),
    open=True,
)

ORGANISATION = Record(
    name="an organisation",
    keys=(
        Key(name="id", kind=identifier, required=True),
        Key(name="name", kind=words(160), required=True),
        Key(name="privacy", kind=url),
        Key(name="consent", kind=flag),
    ),
    open=True,
)

SIGNATORY = Record(
    name="a signatory",
    keys=(
        Key(name="name", kind=line(120), required=True),
        Key(name="role", kind=words(200)),
        Key(name="organisation", kind=identifier),
    ),
    open=True,
)

_TOLD_BY_EVERY_VERSION = (
    Key(name="title", kind=line(150), required=True),
    Key(name="description", kind=line(500)),
    Key(name="thumbnail", kind=line(300)),
    Key(name="thumbnail_alt", kind=line(300)),
    Key(name="logo", kind=line(300)),
    Key(name="subjects", kind=list_of(line(300), "subjects")),
    Key(name="salutation", kind=line(200)),
    Key(name="fallback_message", kind=line(1000)),
    Key(name="except_message", kind=line(1000)),
    Key(name="hold_words", kind=heldwords.KIND),
)

MAIN = Record(
    name="a campaign",
    keys=(
        *_TOLD_BY_EVERY_VERSION,
        Key(name="date", kind=moment, attribute="published"),
        Key(name="categories", kind=list_of(line(80), "categories")),
        Key(name="campuses", kind=list_of(line(120), "campuses")),
        Key(name="status", kind=choice("draft", "trial", "live", "closed")),
        Key(name="opens", kind=moment),
        Key(name="closes", kind=moment),
        Key(name="timezone", kind=timezone),
        Key(name="goal", kind=whole(1)),
        Key(name="to", kind=_TARGET, required=True, example='["minister-health"]'),
        Key(name="except", kind=_EXCEPTION, attribute="left_out"),
        Key(name="choose", kind=choice("all", "any", "one")),
        Key(name="fallback", kind=identifier),
        Key(name="ceiling", kind=whole(1)),
        Key(name="confirm", kind=flag),
        Key(name="disposable", kind=choice("hold", "refuse")),
        Key(name="editable", kind=choice("none", "personal", "body")),
        Key(name="require", kind=list_of(choice(*FIELDS), "require")),
        Key(name="hours", kind=hours),
        Key(name="language", kind=choice("supporter", "official"), attribute="letter_language"),
        Key(name="uncertain", kind=choice("resend", "hold")),
        Key(name="embed", kind=list_of(origin, "embed")),
        Key(name="colour", kind=pattern(r"#[0-9a-fA-F]{6}", "a colour", "#7a1f3d")),
        Key(name="contact", kind=email),
        Key(name="roles", kind=_records(ROLE, Role)),
        Key(name="organisations", kind=_records(ORGANISATION, Organisation)),
        Key(name="signatories", kind=_records(SIGNATORY, Signatory)),
    ),
    open=True,
    foreign=FOREIGN,
    hints={**MEANT, **heldwords.HINTS},
)


WORDS_OF = {
    "roles": Record(
        name="a role",
        keys=(
            Key(name="id", kind=identifier),
            Key(name="label", kind=line(80)),
            Key(name="prompt", kind=line(300)),
        ),
        open=True,
    ),
    "organisations": Record(
        name="an organisation",
        keys=(Key(name="id", kind=identifier), Key(name="name", kind=line(160))),
        open=True,
    ),
    "signatories": Record(
        name="a signatory",
        keys=(Key(name="name", kind=line(120)), Key(name="role", kind=line(200))),
        open=True,
    ),
}
"""What a language version may say of each row; a signatory's name only tells which one is meant."""


def _as_it_is(item: Item, _: Findings) -> Item:
    return item


def _rows(name: str) -> Key:
    """Rows as they stand, to be read beside those of the main file."""
    schema = {"type": "array", "items": WORDS_OF[name].schema()}
    return Key(name=name, kind=Kind(read=_as_it_is, schema=schema))


# A translated Hugo post has these of its own; the main file's count.
SHARED = frozenset({"date", "categories", "campuses", "status"})

VERSION = Record(
    name="a language version",
    keys=(
        *_TOLD_BY_EVERY_VERSION,
        *map(_rows, WORDS_OF),
    ),
    open=True,
    foreign=FOREIGN | SHARED,
    hints={
        key.name: "only the main file says this: take the line away"
        for key in MAIN.keys
        if key.name not in SHARED
        and key.name not in {"roles", "organisations", "signatories"}
        and key not in _TOLD_BY_EVERY_VERSION
    },
)
