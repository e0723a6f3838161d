"""What is kept of somebody, in words: each piece with its title, each value with its name."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailer import privacy
from mailer.i18n import mark
from mailer.privacy import Told
from mailer.status import Kind
from mailer.submissions.own_data import Piece, Value
from mailer.submissions.receipts import NEVER, reference
from mailer.web import i18n
from mailer.web import shown as shown_today
from mailer.web.i18n import gettext

_TITLES = {
    "consent": mark("What you agreed to"),
    "letter_text": mark("What it says"),
    "letter_event": mark("What happened to it"),
    "news": mark("What came back"),
    "enclosure": mark("An office's answer, passed on"),
    "confirmation": mark("You were asked to confirm"),
    "suppressed": mark("No more mail from us"),
    "account": mark("Your account on the staff pages"),
    "staff_session": mark("Where you are signed in"),
}
_STATES = {
    "awaiting": mark("Not confirmed yet"), "review": mark("Held"),
    "queued": mark("Waiting to leave"), "claimed": mark("Leaving"),
    "dot": mark("Being handed over"), "sent": mark("Accepted"),
    "uncertain": mark("No answer heard"), "delivered": mark("Delivered"),
    "bounced": mark("Came back"), "complained": mark("Marked as spam"),
    "failed": mark("Not delivered"), "cancelled": mark("Cancelled"),
}  # fmt: skip
_CODES = {
    "state": _STATES,
    "answered": {"yes": mark("Yes"), "no": mark("No")},
    "confirmed_by": {
        "link": mark("the link in our mail"),
        "code": mark("the code in our mail"),
    },
    "actor": {
        "supporter": mark("you"), "worker": mark("the program"), "mailer": mark("the program"),
        "provider": mark("the mail provider"), "bounce": mark("a mail that came back"),
        "office": mark("the office"),
    },
}  # fmt: skip
_LONG = frozenset({"body", "personal", "raw", "content"})  # shown as a text of its own
_SILENT = frozenset(
    {"kind", "id", "submission.campaign", "letter.campaign"}
)  # what a title says already
_CODED = frozenset(
    {
        "letters_hash", "person", "mailbox", "network", "wording", "sha256", "approved", "band",
        "message_id", "provider_id",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A piece as the page shows it."""

    title: str
    values: tuple[tuple[str, str], ...]  # name, value; empty ones are left out
    texts: tuple[tuple[str, str], ...]
    parts: tuple[Shown, ...]


def shown(pieces: Sequence[Piece]) -> tuple[Shown, ...]:
    """The pieces in the page's language."""
    return tuple(_shown(piece) for piece in pieces)


def fields() -> dict[str, str]:
    """What each name in the file for programs means, in the page's language."""
    return {
        f"{table}.{name}": gettext(one.label)
        for table, columns in privacy.TABLES.items()
        for name, one in columns.items()
        if one.told is not Told.NO
    }


def _shown(piece: Piece) -> Shown:
    said = list(_said(piece))
    codes = tuple((label, text) for name, label, text in said if name in _CODED)
    parts = [_shown(part) for part in piece.parts if part.table != "likeness"]
    codes += tuple(
        (label, text)
        for part in piece.parts if part.table == "likeness"
        for name, label, text in _said(part) if name in _CODED
    )  # fmt: skip
    if codes:
        title = gettext("Codes and fingerprints")
        parts.append(Shown(title=title, values=codes, texts=(), parts=()))
    plain = [one for one in said if one[0] not in _CODED]
    return Shown(
        title=_title(piece),
        values=tuple((label, text) for name, label, text in plain if name not in _LONG),
        texts=tuple((label, text) for name, label, text in plain if name in _LONG),
        parts=tuple(parts),
    )


def _title(piece: Piece) -> str:
    values = piece.values
    if piece.table == "submission":
        return f"{_campaign(str(values['campaign']))} · {reference(str(values['id']))}"
    if piece.table == "letter":
        to = _first(piece, "letter_text", "to_name") or str(values["official"] or "")
        if values["kind"] == Kind.LETTER:
            return gettext("Letter to %(to)s", to=to)
        return gettext("Mail to you: %(subject)s", subject=_first(piece, "letter_text", "subject"))
    return gettext(_TITLES[piece.table])


def _campaign(slug: str) -> str:
    """Its title today; its slug where it is gone."""
    edition = shown_today.edition(slug)
    return edition.campaign.version(i18n.language()).title if edition else slug


def _first(piece: Piece, table: str, name: str) -> str:
    return next((str(one.values[name]) for one in piece.parts if one.table == table), "")


def _said(piece: Piece) -> Iterator[tuple[str, str, str]]:
    """Name, label and words of each value that says something."""
    for name, value in piece.values.items():
        silent = {name, f"{piece.table}.{name}"} & _SILENT
        said = "" if silent else _words(piece, name, value)
        if said:
            yield name, gettext(privacy.column(piece.table, name).label), said


def _words(piece: Piece, name: str, value: Value) -> str:
    if value in {None, "", False}:
        return gettext("never, as you wished") if name == "asked_at" and value == NEVER else ""
    if value is True:
        return gettext("Yes")
    if name in piece.moments:
        return i18n.moment(float(str(value)))
    if name == "content":
        return base64.b64decode(str(value)).decode("utf-8", "replace")
    known: Mapping[str, str] = _CODES.get(name, {})
    code = str(value)
    if code.startswith("staff:"):
        return gettext("staff")
    return gettext(known[code]) if code in known else code
