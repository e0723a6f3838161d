"""The audit for administrators: who did what and looked at what, newest first."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from mailer import accounts, audit
from mailer.audit import Wanted
from mailer.web.services import services
from mailer.web.staff.roles import ADMIN, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

PAGE = 50  # entries on one page
LONGEST_ARGUMENT = 200
_DIGITS = 18
_OTHERS = (audit.COMMAND, audit.WORKER, audit.SUPPORTER, audit.STRANGER)


@blueprint.get("/audit/")
@open_to(*ADMIN)
def audit_list() -> str:
    """List what was done, by whom, of what kind or to what."""
    store = services().store
    filters = {name: _plain(name) for name in ("actor", "act", "subject")}
    wanted = Wanted(**filters, before=_number("before"), after=_number("after"))
    page = audit.page(store, wanted, PAGE)
    people = {one.id: one.email for one in accounts.list_accounts(store)}

    def here(**changes: Any) -> str:
        kept = {name: value for name, value in filters.items() if value}
        return url_for("staff.audit_list", **{**kept, **changes})

    return render_template(
        "staff/audit.html",
        page=page,
        filters=filters,
        here=here,
        people=people,
        others=_OTHERS,
        kinds=_kinds(audit.acts(store), filters["act"]),
    )


def _kinds(acts: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """What to choose from: each kind of act, and before those of one trade the whole trade."""
    trades = {act.partition(".")[0] for act in acts}
    return tuple(sorted({*acts, *trades, *([chosen] if chosen else [])}))


def _plain(name: str) -> str:
    """One argument, or "" when it holds what no id has."""
    text = request.args.get(name, "").strip()
    return text if len(text) <= LONGEST_ARGUMENT and text.isprintable() else ""


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
