"""The staff's first page: the log of letters, and what staff must know today."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mailer import approvals, sendlog
from mailer.campaigns.library import Content
from mailer.campaigns.values import Status
from mailer.problems import Problem, Severity
from mailer.sendlog import Filter, news
from mailer.status import Kind, State
from mailer.web import i18n, localbox
from mailer.web.services import Services, services
from mailer.web.staff.coalition import blueprint
from mailer.web.staff.letters import KINDS
from mailer.web.staff.news import TODAY, refusals

__all__ = ["blueprint"]

PAGE = 50  # letters on one page of the log
LONGEST_SEARCH = 100  # characters
LONGEST_ARGUMENT = 200
_SEARCHES_KEPT = 3  # a cookie of more than 4 KB would be lost, and the session with it
_SEARCHES = "searches"


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
        unapproved=_unapproved(work, content),
        unseen=news.unseen(work.store),
        refusals=refusals(TODAY),
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


def _unapproved(work: Services, content: Content) -> list[tuple[str, bool]]:
    """The live campaigns that wait for approval, each with whether an older edition is shown.

    There are none while letters stay on this machine: nothing needs to be approved there.
    """
    live = [slug for slug, one in content.campaigns.items() if one.status is Status.LIVE]
    return [
        (slug, approvals.latest(work.store, slug) is not None)
        for slug in (live if work.delivers else ())
        if approvals.pending(work.store, content, slug)
    ]


def _to_tell(problems: Iterable[Problem]) -> list[Problem]:
    """What staff must know about the organizer's files: notes are for `mailer check` alone."""
    return [problem for problem in problems if problem.severity is not Severity.NOTE]
