"""Passwords: chosen by an invitation, chosen anew by a link in a mail, changed when signed in."""

from __future__ import annotations

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mailer import accounts, addresses
from mailer.accounts import INVITATION, RESET
from mailer.errors import FieldError, OverLimit
from mailer.limits import staff as limits
from mailer.web import i18n
from mailer.web.callers import caller
from mailer.web.services import Services, services
from mailer.web.staff import browsers
from mailer.web.staff.roles import ANYBODY, EVERYBODY, open_to
from mailer.web.staff.second import password_again
from mailer.web.staff.signin import (
    SECRET,
    admit,
    begin,
    blueprint,
    link_is_over,
    too_often,
)

__all__ = ["blueprint"]


@blueprint.route("/invitation/<token>", methods=("GET", "POST"))
@open_to(*ANYBODY)
def invitation(token: str) -> ResponseReturnValue:
    """Take up an invitation: choose a password."""
    return _choose_password(token, INVITATION)


@blueprint.route("/reset/<token>", methods=("GET", "POST"))
@open_to(*ANYBODY)
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by the link of a mail."""
    return _choose_password(token, RESET)


@blueprint.route("/reset", methods=("GET", "POST"))
@open_to(*ANYBODY)
def ask_reset() -> ResponseReturnValue:
    """Ask for a link to choose a new password; the answer is the same for every address."""
    if request.method == "GET":
        return render_template("staff/ask_reset.html", errors={}, email="")
    email = request.form.get("email", "").strip()
    try:
        asked = addresses.parse(email)
    except FieldError as error:
        errors = {"email": error.code}
        return render_template("staff/ask_reset.html", errors=errors, email=email), 422
    work = services()
    try:
        with work.store.write() as tx:
            limits.ask_reset(tx, caller(), work.store.pepper(tx), work.store.now(tx))
    except OverLimit as error:
        errors = {"email": "too-often"}
        return too_often(render_template("staff/ask_reset.html", errors=errors, email=email), error)
    accounts.request_reset(work.store, asked, sender=work.sender, language=i18n.language())
    return redirect(url_for("staff.ask_reset", sent=1), 303)


@blueprint.route("/account", methods=("GET", "POST"))
@open_to(*EVERYBODY)
def account() -> ResponseReturnValue:
    """Show the own account, and change its password; other sessions end with it."""
    if request.method == "GET":
        return _account({})
    old = request.form.get("old", "")
    new, errors = _new_password(g.account.email)
    if not old:
        errors = {"old": "missing", **errors}
    errors = errors or _change(services(), old, new)
    if errors:
        return _account(errors), 422
    return redirect(url_for("staff.account", changed=1), 303)


@blueprint.post("/account/sessions/end")
@open_to(*EVERYBODY)
def end_other_session() -> ResponseReturnValue:
    """Sign out somewhere else, once the password was asked again (ASVS 7.5.2)."""
    asked, errors = request.form.get("session", ""), password_again()
    if errors:
        return _account(errors), 422
    accounts.end_own_session(services().store, g.account.id, asked)
    return redirect(url_for("staff.account", ended=1), 303)


def _account(errors: dict[str, str]) -> str:
    sessions = accounts.list_sessions(services().store, g.account.id)
    here = accounts.session_id(session[SECRET])
    return render_template("staff/account.html", errors=errors, sessions=sessions, here=here)


def _change(work: Services, old: str, new: str) -> dict[str, str]:
    """Change the password; what is wrong where it cannot. Guessing the old one takes tries."""
    store, trial = work.store, browsers.trial(g.account.email)
    try:
        with store.write() as tx:
            limits.try_password(tx, trial, store.pepper(tx), store.now(tx))
    except OverLimit:
        return {"old": "too-often"}
    if not accounts.change_password(
        store, g.account.id, old, new, keep_session=session[SECRET]
    ):  # fmt: skip
        return {"old": "wrong"}
    with store.write() as tx:
        limits.succeeded(tx, trial, store.pepper(tx))
    begin(g.account)
    return {}


def _choose_password(token: str, purpose: str) -> ResponseReturnValue:
    """Show the form behind a link, or set the password it brings and sign in."""
    store = services().store
    owner = accounts.peek(store, token, purpose)
    if owner is None:
        return link_is_over(purpose)
    new, errors = _new_password(owner.email) if request.method == "POST" else ("", {})
    if request.method != "POST" or errors:
        page = render_template(
            "staff/choose_password.html", owner=owner, purpose=purpose, errors=errors
        )
        return page, 422 if errors else 200
    signed = accounts.redeem(store, token, purpose, password=new)
    return admit(signed, url_for("staff.first")) if signed else link_is_over(purpose)


def _new_password(email: str) -> tuple[str, dict[str, str]]:
    """The password typed twice, and what is wrong with it by field."""
    new, again = request.form.get("new", ""), request.form.get("again", "")
    if not new:
        return new, {"new": "missing"}
    weak = accounts.weak_password(new, email)
    if weak:
        return new, {"new": weak.code}
    return new, {} if new == again else {"again": "differs"}
