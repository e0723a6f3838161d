"""The staff's pages: the log of letters, and the page of one. Nothing here changes a letter."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mailer import message, sendlog
from mailer.campaigns.library import Content
from mailer.errors import HeaderError
from mailer.message import read
from mailer.problems import Problem, Severity
from mailer.sendlog import Filter, LetterPage, Row
from mailer.status import ACCEPTED, Kind, State
from mailer.web import i18n, localbox
from mailer.web.passwords import blueprint
from mailer.web.services import services

__all__ = ["blueprint"]

KINDS = (Kind.LETTER, Kind.CONFIRMATION, Kind.NOTICE, Kind.COPY, Kind.ALERT, Kind.TEST)
"""What staff see. Mails about accounts hold links that sign in: nobody but their reader may."""

SEALED = frozenset({Kind.CONFIRMATION})
"""Mails whose text holds a link that speaks for their reader: staff must not confirm for them."""

HANDED_OVER = ACCEPTED | {State.DOT, State.UNCERTAIN}
"""States in which a server has the bytes, or may have."""

PAGE = 50  # letters on one page of the log
LONGEST_SEARCH = 100  # characters
LONGEST_ARGUMENT = 200
_SEARCHES_KEPT = 3  # a cookie of more than 4 KB would be lost, and the session with it
_SEARCHES = "searches"
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^a-z0-9]+")


@blueprint.get("/")
def log() -> ResponseReturnValue:
    """List letters, newest first: filters stand in the address, searched words do not."""
    work, content = services(), services().library.current()
    words = _searched(request.args.get("search", ""))
    wanted = _filter(request.args, words or "")
    filters, search = _as_arguments(wanted), _search_key() if words else {}
    page = sendlog.page(work.store, wanted, PAGE)

    def here(**changes: Any) -> str:
        return url_for("staff.log", **{**filters, **search, **changes})

    return render_template(
        "staff/log.html",
        wanted=wanted,
        page=page,
        here=here,
        filters=filters,
        search=search,
        counts=sendlog.counts(work.store, wanted.campaign),
        states=tuple(State),
        kinds=KINDS,
        campaigns=_campaigns(content, wanted.campaign),
        officials=_officials(content, wanted.official),
        search_is_lost=words is None,
        problems=_to_tell(content.problems),
        kept_here=not work.delivers,
        outbox_open=localbox.is_open(),
    )


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """Keep the searched words in the session and show what they find.

    Names and e-mail addresses must not stand in an address bar, a history or a server's log.
    """
    typed = request.form.get("query", "")[:LONGEST_SEARCH]
    words = "".join(letter for letter in " ".join(typed.split()) if letter.isprintable())
    filters = _as_arguments(_filter(request.form, ""))
    if not words:
        return redirect(url_for("staff.log", **filters), 303)
    key = secrets.token_hex(4)
    kept = [*session.get(_SEARCHES, []), [key, words]]
    session[_SEARCHES] = kept[-_SEARCHES_KEPT:]
    return redirect(url_for("staff.log", **filters, search=key), 303)


@blueprint.get("/letters/<letter_id>")
def letter(letter_id: str) -> ResponseReturnValue:
    """Show one letter: its way so far, and its exact message."""
    work, page = services(), _letter(letter_id)
    row = page.row
    mails = sendlog.submission_letters(work.store, row.submission) if row.submission else ()
    titles = _campaigns(work.library.current(), row.campaign)
    return render_template(
        "staff/letter.html",
        page=page,
        row=row,
        exact=_exact(page),
        others=[mail for mail in mails if mail.id != letter_id and mail.kind in KINDS],
        campaign_title=titles.get(row.campaign, ""),
        outbox_open=localbox.is_open(),
    )


@blueprint.get("/letters/<letter_id>/message.eml")
def message_file(letter_id: str) -> ResponseReturnValue:
    """Hand out the message as a file that mail programs open."""
    page = _letter(letter_id)
    exact = _exact(page)
    if exact is None:
        abort(404)
    response = Response(exact.data, mimetype="message/rfc822")
    name = _file_name(page.row)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@dataclass(frozen=True, kw_only=True)
class Exact:
    """A message made again from what is stored."""

    data: bytes
    headers: Mapping[str, str]
    text: str
    sha256: str
    agrees: bool | None  # with the bytes that left; None: none have left


def _exact(page: LetterPage) -> Exact | None:
    """The letter's message, or None when its text is secret, erased or cannot be made again."""
    if page.mail is None or page.row.kind in SEALED:
        return None
    try:
        data = message.compose(page.mail)
    except HeaderError:
        return None
    shown, sha256 = read.parts(data), hashlib.sha256(data).hexdigest()
    left = page.sha256 and page.row.state in HANDED_OVER
    return Exact(
        data=data,
        headers=dict(shown.headers),
        text=shown.text,
        sha256=sha256,
        agrees=sha256 == page.sha256 if left else None,
    )


def _letter(letter_id: str) -> LetterPage:
    """The letter, or the 404 page: also for mails that nobody but their reader may see."""
    page = sendlog.letter_page(services().store, letter_id) if letter_id.isprintable() else None
    if page is None or page.row.kind not in KINDS:
        abort(404)
    return page


def _filter(asked: Mapping[str, str], words: str) -> Filter:
    """What to list; a state or kind that does not exist is as good as none."""
    state, kind = _plain(asked, "state"), _plain(asked, "kind")
    return Filter(
        campaign=_plain(asked, "campaign"),
        official=_plain(asked, "official"),
        state=state if state in set(State) else "",
        kind=kind if kind in KINDS else Kind.LETTER,
        query=words,
        before=_plain(asked, "before"),
        after=_plain(asked, "after"),
    )


def _plain(asked: Mapping[str, str], name: str) -> str:
    """One argument, or "" when it holds what no id has (a database may choke on it)."""
    text = asked.get(name, "")
    return text if len(text) <= LONGEST_ARGUMENT and text.isprintable() else ""


def _as_arguments(wanted: Filter) -> dict[str, Any]:
    """The filter as it stands in an address, without what is empty or usual."""
    kind = "" if wanted.kind == Kind.LETTER else str(wanted.kind)
    named = {
        "campaign": wanted.campaign,
        "official": wanted.official,
        "state": wanted.state,
        "kind": kind,
    }
    return {name: value for name, value in named.items() if value}


def _searched(key: str) -> str | None:
    """The words kept under `key`: "" when nothing was searched, None when they are lost."""
    kept = session.get(_SEARCHES, [])
    return next((words for name, words in kept if name == key), None) if key else ""


def _search_key() -> dict[str, str]:
    """The search of this page as an argument of an address."""
    key = request.args.get("search", "")
    return {"search": key} if key else {}


def _campaigns(content: Content, chosen: str) -> dict[str, str]:
    """The campaigns to choose from: title by slug, with the chosen one even if it is gone."""
    tongue = i18n.language()
    titles = {slug: one.version(tongue).title for slug, one in content.campaigns.items()}
    return _with_chosen(titles, chosen)


def _officials(content: Content, chosen: str) -> dict[str, str]:
    """The officials to choose from: name by id, with the chosen one even if it is gone."""
    names = {key: person.name for key, person in content.officials.people.items()}
    return _with_chosen(names, chosen)


def _with_chosen(options: dict[str, str], chosen: str) -> dict[str, str]:
    return options if not chosen or chosen in options else {**options, chosen: chosen}


def _to_tell(problems: Iterable[Problem]) -> list[Problem]:
    """What staff must know about the organizer's files: notes are for `mailer check` alone."""
    return [problem for problem in problems if problem.severity is not Severity.NOTE]


def _file_name(row: Row) -> str:
    """A name of ASCII letters, digits and hyphens: nothing typed by anyone can steer a download."""
    words = f"{row.reference} {row.official or row.kind}".lower()
    return f"{_NEITHER_LETTER_NOR_DIGIT.sub('-', words).strip('-')[:80] or 'letter'}.eml"
