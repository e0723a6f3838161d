"""Who may sign in, for administrators: inviting, roles, shutting; never anybody's password."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import accounts, addresses
from mailer.accounts import PARTNER, ROLES, Account
from mailer.accounts.second import codes_left
from mailer.errors import FieldError, MailerError
from mailer.officials.values import say
from mailer.web import i18n
from mailer.web.services import services
from mailer.web.staff.roles import ADMIN, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

_ONCE = 16  # bytes that tell one form from every other


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a form gives somebody: a role, and a partner's own part."""

    role: str
    organisation: str = ""
    campaigns: tuple[str, ...] = ()


@blueprint.get("/people/")
@open_to(*ADMIN)
def people() -> str:
    """Show everybody who may sign in, and the form to invite somebody."""
    return _list({}, Place(role="viewer"))


@blueprint.post("/people/invite")
@open_to(*ADMIN)
def invite_person() -> ResponseReturnValue:
    """Make an account, mail its link if that was asked for, and show the link: once."""
    work, place = services(), _place()
    email = request.form.get("email", "").strip()
    errors = _wrong(place)
    try:
        email = addresses.parse(email)
    except FieldError as error:
        errors = {"email": error.code if email else "absent", **errors}
    if not errors and _has_account(email):
        errors = {"email": "taken"}
    if errors:
        return _list(errors, place, email), 422
    own = _own_secret(email)
    again = bool(own) and accounts.peek(work.store, own, accounts.INVITATION) is not None
    secret = accounts.invite(
        work.store, email, place.role, organisation=place.organisation,
        campaigns=place.campaigns, actor=g.account.id, secret=own,
    )  # fmt: skip
    mailed = bool(request.form.get("mail"))
    if mailed and not again:
        accounts.mail_invitation(
            work.store, email, secret, sender=work.sender, language=i18n.language()
        )
    address = f"{work.settings.public_url}{url_for('staff.invitation', token=secret)}"
    return render_template("staff/invited.html", email=email, address=address, mailed=mailed)


def _own_secret(email: str) -> str:
    """The secret of this very form and address: a second click leads to the same invitation."""
    once = request.form.get("once", "")
    if not (once.isascii() and once.isalnum() and len(once) == 2 * _ONCE):
        return ""
    said = f"invitation {g.account.id} {once} {email}"
    made = hmac.digest(services().settings.secret_keys[0].encode(), said.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


@blueprint.get("/people/<account_id>")
@open_to(*ADMIN)
def person(account_id: str) -> str:
    """Show one account, and what may be done with it."""
    return _person(_known(account_id), {})


@blueprint.post("/people/<account_id>/role")
@open_to(*ADMIN)
def change_role(account_id: str) -> ResponseReturnValue:
    """Give somebody another role."""
    one, place = _other(account_id), _place()
    errors = _wrong(place)
    if not errors:
        try:
            accounts.set_role(
                services().store, one.id, place.role, organisation=place.organisation,
                campaigns=place.campaigns, actor=g.account.id,
            )  # fmt: skip
        except MailerError:
            errors = {"role": "last"}
    if errors:
        return _person(one, errors, place), 422
    return _back(one, "role")


@blueprint.post("/people/<account_id>/<act>")
@open_to(*ADMIN)
def act_on_person(account_id: str, act: str) -> ResponseReturnValue:
    """Shut an account, end its sessions, mail it a link, or take its second factor away."""
    if act not in ACTS:
        abort(404)
    one = _other(account_id)
    try:
        done = ACTS[act](one)
    except MailerError:
        return _person(one, {"role": "last"}), 422
    return _back(one, act if done else "nothing")


def _disable(one: Account) -> bool:
    return accounts.disable(services().store, one.id, actor=g.account.id)


def _end_sessions(one: Account) -> bool:
    return accounts.end_sessions(services().store, one.id, actor=g.account.id) is not None


def _reset(one: Account) -> bool:
    work, language = services(), i18n.language()
    return accounts.start_reset(
        work.store, one.id, sender=work.sender, language=language, actor=g.account.id
    )


def _remove_factor(one: Account) -> bool:
    return accounts.remove_factor(services().store, one.id, actor=g.account.id)


ACTS: dict[str, Callable[[Account], bool]] = {
    "disable": _disable,
    "sign-out": _end_sessions,
    "reset": _reset,
    "remove-factor": _remove_factor,
}


def _back(one: Account, done: str) -> ResponseReturnValue:
    return redirect(url_for("staff.person", account_id=one.id, done=done), 303)


def _list(errors: dict[str, str], place: Place, email: str = "") -> str:
    return render_template(
        "staff/people.html",
        people=accounts.list_accounts(services().store),
        errors=errors,
        place=place,
        email=email,
        once=secrets.token_hex(_ONCE),
        roles=ROLES,
        **_choices(place),
    )


def _person(one: Account, errors: dict[str, str], place: Place | None = None) -> str:
    store = services().store
    shown = place or Place(
        role=one.role, organisation=one.organisation, campaigns=one.campaigns
    )  # fmt: skip
    return render_template(
        "staff/person.html",
        one=one,
        errors=errors,
        place=shown,
        roles=ROLES,
        sessions=accounts.list_sessions(store, one.id),
        codes=codes_left(store, one.id),
        done=request.args.get("done", ""),
        **_choices(shown),
    )


def _choices(place: Place) -> dict[str, object]:
    """The organisations and campaigns to choose from; the chosen ones even if they are gone."""
    tongue, campaigns = i18n.language(), services().library.current().campaigns
    organisations = {
        one.id: say(one.name, tongue)
        for campaign in campaigns.values() for one in campaign.organisations
    }  # fmt: skip
    titles = {slug: one.version(tongue).title for slug, one in campaigns.items()}
    if place.organisation:
        organisations.setdefault(place.organisation, place.organisation)
    return {
        "organisations": organisations,
        "titles": {**{slug: slug for slug in place.campaigns}, **titles},
    }


def _place() -> Place:
    """What the form chose, as far as there is such a thing."""
    known = services().library.current().campaigns
    chosen = tuple(slug for slug in request.form.getlist("campaign") if slug in known)
    organisation = request.form.get("organisation", "").strip()
    role = request.form.get("role", "")
    return Place(
        role=role if role in ROLES else "", organisation=organisation,
        campaigns=chosen if role == PARTNER else (),
    )  # fmt: skip


def _wrong(place: Place) -> dict[str, str]:
    if not place.role:
        return {"role": "missing"}
    known = services().library.current().campaigns.values()
    named = {one.id for campaign in known for one in campaign.organisations}
    if place.role == PARTNER and place.organisation not in named:
        return {"organisation": "missing"}
    if place.role != PARTNER and place.organisation:
        return {"organisation": "wrong"}
    return {}


def _has_account(email: str) -> bool:
    known = accounts.list_accounts(services().store)
    return any(one.email == email and not one.pending for one in known)


def _known(account_id: str) -> Account:
    """The account, or the 404 page."""
    return accounts.find(services().store, account_id) or abort(404)


def _other(account_id: str) -> Account:
    """Somebody else's account: nobody changes or shuts their own by mistake."""
    one = _known(account_id)
    return abort(403) if one.id == g.account.id else one
