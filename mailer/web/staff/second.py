"""The second factor: asked for after the password, set up and taken away by its owner."""

from __future__ import annotations

import segno
from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from mailer import accounts
from mailer.accounts import Account, second
from mailer.errors import OverLimit
from mailer.limits import staff as limits
from mailer.web import here
from mailer.web.services import services
from mailer.web.staff import browsers
from mailer.web.staff.roles import ANYBODY, EVERYBODY, open_to
from mailer.web.staff.signin import HALF, begin, blueprint, too_often, welcome

__all__ = ["blueprint"]


@blueprint.route("/sign-in/code", methods=("GET", "POST"))
@open_to(*ANYBODY)
def second_step() -> ResponseReturnValue:
    """Ask for the code of the app, or a recovery code, of whoever has given the password."""
    wanted, half = here.staff_page(request.values.get("next", "")), session.get(HALF)
    account = _whose(half)
    if account is None or not isinstance(half, str):
        session.pop(HALF, None)
        return redirect(url_for("staff.sign_in", next=wanted, slow=1), 303)
    if request.method == "GET":
        return render_template("staff/second_step.html", next=wanted, errors={})
    code = request.form.get("code", "").strip()
    try:
        done = _complete(account, half, code) if code else None
    except OverLimit as error:
        errors = {"code": "too-often"}
        page = render_template("staff/second_step.html", next=wanted, errors=errors)
        return too_often(page, error)
    if done is not None:
        return welcome(done, wanted, by="code")
    errors = {"code": "wrong" if code else "missing"}
    return render_template("staff/second_step.html", next=wanted, errors=errors), 422


@blueprint.get("/account/second-factor")
@open_to(*EVERYBODY)
def second_factor() -> str:
    """Show the own second factor, or how to set one up."""
    return _page({})


@blueprint.post("/account/second-factor")
@open_to(*EVERYBODY)
def set_up_factor() -> ResponseReturnValue:
    """Turn the second factor on, and show the recovery codes: once."""
    code, errors = request.form.get("code", "").strip(), password_again()
    if not code:
        errors = {"code": "missing", **errors}
    if not errors and not g.account.second_factor:
        try:
            _try(g.account)
        except OverLimit as error:
            return too_often(_page({"code": "too-often"}), error)
        made = second.prove(services().store, g.account.id, code)
        if made:
            return render_template("staff/recovery_codes.html", codes=made, first=True)
        errors = {"code": "wrong"}
    return (_page(errors), 422) if errors else redirect(url_for("staff.second_factor"), 303)


@blueprint.post("/account/second-factor/codes")
@open_to(*EVERYBODY)
def renew_codes() -> ResponseReturnValue:
    """Make ten new recovery codes, and show them: once."""
    errors = password_again()
    if errors:
        return _page(errors), 422
    made = second.renew_codes(services().store, g.account.id)
    if not made:
        return redirect(url_for("staff.second_factor"), 303)
    return render_template("staff/recovery_codes.html", codes=made, first=False)


@blueprint.post("/account/second-factor/remove")
@open_to(*EVERYBODY)
def remove_own_factor() -> ResponseReturnValue:
    """Turn the own second factor off."""
    errors = password_again()
    if errors:
        return _page(errors), 422
    accounts.remove_factor(services().store, g.account.id, actor=g.account.id)
    return redirect(url_for("staff.second_factor", removed=1), 303)


def _whose(half: object) -> Account | None:
    """The account that has given its password, and not yet its code."""
    store = services().store
    found = second.whose_half(store, half) if isinstance(half, str) else None
    return accounts.find(store, found) if found else None


def _complete(account: Account, half: str, code: str) -> Account | None:
    _try(account)
    return second.complete(services().store, half, code)


def _try(account: Account) -> None:
    """Take one try; raises OverLimit."""
    store, trial = services().store, browsers.trial(account.email)
    with store.write() as tx:
        limits.try_code(tx, trial, store.pepper(tx), store.now(tx))


def password_again() -> dict[str, str]:
    """What is wrong with the password that was asked again; nothing where there is none."""
    if g.account.pending:
        return {}
    password = request.form.get("password", "")
    if not password:
        return {"password": "missing"}
    store, trial = services().store, browsers.trial(g.account.email)
    try:
        with store.write() as tx:
            limits.try_password(tx, trial, store.pepper(tx), store.now(tx))
    except OverLimit:
        return {"password": "too-often"}
    if not accounts.is_password(store, g.account.id, password):
        return {"password": "wrong"}
    with store.write() as tx:
        limits.succeeded(tx, trial, store.pepper(tx))
    begin(g.account)
    return {}


def _page(errors: dict[str, str]) -> str:
    store = services().store
    if g.account.second_factor:
        left = second.codes_left(store, g.account.id)
        return render_template("staff/second_factor.html", errors=errors, left=left)
    secret = second.offer(store, g.account.id)
    return render_template(
        "staff/second_factor.html",
        errors=errors,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=_picture(second.address(secret, g.account.email)),
    )


def _picture(address: str) -> Markup:
    """A QR code as SVG, black on white whatever the page's colours: cameras want it so."""
    drawn = segno.make(address, error="m", micro=False)
    svg = drawn.svg_inline(scale=5, dark="#000", light="#fff", border=4, omitsize=True)
    return Markup(svg)  # noqa: S704 - drawn of squares alone; nothing typed stands in it
