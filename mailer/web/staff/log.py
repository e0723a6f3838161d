"""The log: every letter, found by filters in the address and by words that are not in it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mailer import sendlog
from mailer.campaigns.library import Content
from mailer.officials.values import say
from mailer.sendlog import Filter, counted
from mailer.status import Kind, State
from mailer.web import i18n
from mailer.web.services import services
from mailer.web.staff import looks
from mailer.web.staff import wanted as asked
from mailer.web.staff.letters import KINDS
from mailer.web.staff.looks import shows_people
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

PAGE = 50  # letters on one page of the log
LONGEST_SEARCH = 100  # characters
_SEARCHES_KEPT = 3  # a cookie of more than 4 KB would be lost, and the session with it
_SEARCHES = "searches"


@blueprint.get("/letters/")
@open_to(*ALL)
@shows_people("letter.list")
def log() -> ResponseReturnValue:
    """List letters, newest first: filters stand in the address, searched words do not."""
    work, content = services(), services().library.current()
    words = searched(request.args.get("search", ""))
    wanted = asked.of_address(request.args, words or "")
    filters, search = asked.arguments(wanted), _search_key() if words else {}

    def here(**changes: Any) -> str:
        return url_for("staff.log", **{**filters, **search, **changes})

    return render_template(
        "staff/log.html",
        wanted=wanted,
        page=sendlog.page(work.store, wanted, PAGE),
        here=here,
        filters=filters,
        search=search,
        counts=_counts(wanted),
        states=tuple(State),
        kinds=KINDS,
        may_act=g.account.role in DECIDING and not wanted.query,
        search_is_lost=words is None,
        kept_here=not work.delivers,
        day=filters.get("day", ""),
        **choices(content, wanted),
    )


@blueprint.post("/search")
@open_to(*ALL)
def search() -> ResponseReturnValue:
    """Keep the searched words in the session and show what they find.

    Names and e-mail addresses must not stand in an address bar, a history or a server's log.
    """
    typed = request.form.get("query", "")[:LONGEST_SEARCH]
    words = "".join(letter for letter in " ".join(typed.split()) if letter.isprintable())
    filters = asked.arguments(asked.of_address(request.form))
    if not words:
        return redirect(url_for("staff.log", **filters), 303)
    key = secrets.token_hex(4)
    kept = [*session.get(_SEARCHES, []), [key, words]]
    session[_SEARCHES] = kept[-_SEARCHES_KEPT:]
    with services().store.write() as tx:
        looks.record(tx, "letter.search")
    return redirect(url_for("staff.log", **filters, search=key), 303)


def choices(content: Content, wanted: Filter) -> dict[str, dict[str, str]]:
    """What a filter may be chosen from: names by id, with what is chosen even if it is gone."""
    tongue = i18n.language()
    campaigns = content.campaigns
    officials = {key: person.name for key, person in content.officials.people.items()}
    near = [campaigns[wanted.campaign]] if wanted.campaign in campaigns else campaigns.values()
    titles = {slug: one.version(tongue).title for slug, one in campaigns.items()}
    roles = {role.id: say(role.label, tongue) for one in near for role in one.roles}
    members = {member.id: say(member.name, tongue) for one in near for member in one.organisations}
    return {
        "campaigns": _with_chosen(titles, wanted.campaign),
        "officials": _with_chosen(officials, wanted.official),
        "supporter_roles": _with_chosen(roles, wanted.role),
        "members": _with_chosen(members, wanted.via),
    }


def _counts(wanted: Filter) -> counted.States | None:
    """How many letters are in each state; None where nobody counts as the page is narrowed."""
    narrowed = wanted.query or wanted.properties or wanted.since is not None
    if narrowed or wanted.kind != Kind.LETTER:
        return None
    return counted.states(services().store, replace(wanted, state=""))


def searched(key: str) -> str | None:
    """The words kept under `key`: "" when nothing was searched, None when they are lost."""
    kept = session.get(_SEARCHES, [])
    return next((words for name, words in kept if name == key), None) if key else ""


def _search_key() -> dict[str, str]:
    """The search of this page as an argument of an address."""
    key = request.args.get("search", "")
    return {"search": key} if key else {}


def _with_chosen(options: dict[str, str], chosen: str) -> dict[str, str]:
    return options if not chosen or chosen in options else {**options, chosen: chosen}
