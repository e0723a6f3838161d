"""Passwords: chosen by an invitation, chosen anew by a link in a mail, changed when signed in."""

from __future__ import annotations

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mailer import accounts, addresses
from mailer.accounts import INVITATION, RESET
from mailer.errors import FieldError
from mailer.web import i18n
from mailer.web.services import Services, services
from mailer.web.staff.signin import SECRET, blueprint, link_is_over, welcome

__all__ = ["blueprint"]


@blueprint.route("/invitation/<token>", methods=("GET", "POST"))
def invitation(token: str) -> ResponseReturnValue:
    """Take up an invitation: choose a password."""
    return _choose_password(token, INVITATION)


@blueprint.route("/reset/<token>", methods=("GET", "POST"))
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by the link of a mail."""
    return _choose_password(token, RESET)


@blueprint.route("/reset", methods=("GET", "POST"))
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
    accounts.request_reset(work.store, asked, sender=work.sender, language=i18n.language())
    return redirect(url_for("staff.ask_reset", sent=1), 303)


@blueprint.route("/account", methods=("GET", "POST"))
def account() -> ResponseReturnValue:
    """Show the own account, and change its password; other sessions end with it."""
    if request.method == "GET":
        return render_template("staff/account.html", errors={})
    old = request.form.get("old", "")
    new, errors = _new_password(g.account.email)
    if not old:
        errors = {"old": "missing", **errors}
    if not errors and not _change(services(), old, new):
        errors = {"old": "wrong"}
    if errors:
        return render_template("staff/account.html", errors=errors), 422
    return redirect(url_for("staff.account", changed=1), 303)


def _change(work: Services, old: str, new: str) -> bool:
    return accounts.change_password(
        work.store, g.account.id, old, new, keep_session=session[SECRET]
    )


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
    return welcome(signed, url_for("staff.log")) if signed else link_is_over(purpose)


def _new_password(email: str) -> tuple[str, dict[str, str]]:
    """The password typed twice, and what is wrong with it by field."""
    new, again = request.form.get("new", ""), request.form.get("again", "")
    if not new:
        return new, {"new": "missing"}
    weak = accounts.weak_password(new, email)
    if weak:
        return new, {"new": weak.code}
    return new, {} if new == again else {"again": "differs"}
