"""The door to the staff's pages: who is signed in, who may pass, and the two ways in.

The session lives in the database and can be ended there; the browser keeps only its secret, in
Flask's signed cookie. The cookie exists on staff pages alone.
"""

from __future__ import annotations

import math

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect

from mailer import accounts
from mailer.accounts import ENTER, Account, second, sessions
from mailer.errors import OverLimit
from mailer.i18n import LANGUAGES
from mailer.limits import staff as limits
from mailer.web import here, i18n, moments
from mailer.web.loopback import is_local
from mailer.web.services import services
from mailer.web.staff import browsers, looks, roles, rooms
from mailer.web.staff.roles import ANYBODY, EVERYBODY, open_to

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

HALF = "half"  # where the cookie keeps a sign-in that lacks its code
SECRET = "secret"  # noqa: S105 - where the cookie keeps it, not what it is
_FORM_LIFETIME = 12 * 3600  # seconds: as long as a session may last

_csrf = CSRFProtect()


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    """Set the cookie's rules, and ask for Flask-WTF's token here and nowhere else."""
    settings = state.app.extensions["mailer"].settings
    state.app.config.update(
        SESSION_COOKIE_NAME="mailer" if settings.development else "__Host-mailer",
        SESSION_COOKIE_SECURE=not settings.development,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SSL_STRICT=False,  # browsers may send no Referer; Origin is judged for all forms
        WTF_CSRF_TIME_LIMIT=_FORM_LIFETIME,
    )
    state.app.jinja_env.globals.update(this_page=here.this_page)
    state.app.jinja_env.filters.update(iso=moments.iso, stamp=moments.stamp)
    _csrf.init_app(state.app)


@blueprint.context_processor
def _words() -> dict[str, object]:
    """What every staff page needs to offer its languages, and the pages open to its reader."""
    asked = {"lang": g.asked} if g.get("asked") else {}
    shown = {"may_open": _opens, "rooms": rooms.named}
    lasts = {"idle": int(sessions.IDLE), "over": int(sessions.ABSOLUTE)}
    return {"languages": LANGUAGES, "asked_language": asked, **shown, **lasts}


def may_open(endpoint: str) -> bool:
    """True when whoever looks at this page may open another."""
    reader = g.get("account")
    role = reader.role if reader else roles.STRANGER
    return roles.may(role, current_app.view_functions[endpoint])


def _opens(endpoint: str) -> bool:
    """True when another page opens at once, without setting up a second factor first."""
    reader = g.get("account")
    bound = reader is not None and _lacks_factor(reader) and not _is_for_everybody(endpoint)
    return may_open(endpoint) and not bound


@blueprint.before_request
def guard() -> ResponseReturnValue | None:
    """Let nobody past who is not signed in, nobody whose role may not, no form without token."""
    i18n.language()  # decided before any redirect: its address carries the language on
    g.account = _signed_in()
    if not may_open(request.endpoint or ""):
        if g.account is None:
            over = 1 if SECRET in session else None
            return redirect(url_for("staff.sign_in", next=here.to_come_back(), over=over), 303)
        current_app.logger.warning("staff:%s may not open %s", g.account.id, request.endpoint)
        return render_template("staff/closed.html"), 403
    if g.account and _lacks_factor(g.account) and not _is_for_everybody(request.endpoint or ""):
        return redirect(url_for("staff.second_factor", must=1), 303)
    _csrf.protect()
    return None


def _lacks_factor(account: Account) -> bool:
    """True for a role that must have a second factor, where others than this machine can reach us.

    An account without a password is this machine's own admin.
    """
    settings = services().settings
    must = account.role in settings.second_factor and not settings.development
    return must and not account.second_factor and not account.pending


def _is_for_everybody(endpoint: str) -> bool:
    """True for what is one's own: the account, the way out."""
    return (roles.declared(current_app.view_functions[endpoint]) or set()) >= set(EVERYBODY)


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """Forbid every cache to keep a staff page; note who has looked at people."""
    response.headers["Cache-Control"] = "no-store"
    browsers.keep(response)
    looks.note(response)
    return response


@blueprint.errorhandler(CSRFError)
def old_form(_error: CSRFError) -> ResponseReturnValue:
    """Say that a form had grown old, and show nothing of what was in it."""
    return render_template("staff/old_form.html", back=here.this_page()), 400


@blueprint.route("/sign-in", methods=("GET", "POST"))
@open_to(*ANYBODY)
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail and password; the answer never tells whether an account exists."""
    wanted = here.staff_page(request.values.get("next", ""))
    if request.method == "GET":
        if g.account:
            return redirect(wanted, 303)
        return render_template("staff/sign_in.html", next=wanted, errors={}, email="")
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    typed = {"email": email, "password": password}
    errors = {name: "missing" for name, text in typed.items() if not text}
    try:
        account = None if errors else _password(email, password)
    except OverLimit as error:
        page = render_template(
            "staff/sign_in.html", next=wanted, errors={"email": "too-often"}, email=email
        )
        return too_often(page, error)
    if account:
        return admit(account, wanted)
    errors = errors or {"email": "no-match"}
    return render_template("staff/sign_in.html", next=wanted, errors=errors, email=email), 422


def _password(email: str, password: str) -> Account | None:
    """The account, or None; raises OverLimit before anything is looked at."""
    store, trial = services().store, browsers.trial(email)
    with store.write() as tx:
        limits.try_password(tx, trial, store.pepper(tx), store.now(tx))
    return accounts.sign_in(store, email, password)


def too_often(page: str, error: OverLimit) -> ResponseReturnValue:
    """Answer that somebody has to wait, and for how long."""
    current_app.logger.warning("%s: too many tries from one place or account", request.endpoint)
    return page, 429, {"Retry-After": str(math.ceil(error.after))}


@blueprint.post("/sign-out")
@open_to(*EVERYBODY)
def sign_out() -> ResponseReturnValue:
    """End this session, in the database too."""
    accounts.end_session(services().store, session.get(SECRET, ""))
    session.clear()
    answer = redirect(url_for("staff.sign_in", out=1), 303)
    # Not "storage": a letter that somebody is writing in this browser is kept there.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.get("/enter/<token>")
@open_to(*ANYBODY)
def enter(token: str) -> ResponseReturnValue:
    """Sign in the local admin by the link that `mailer up` prints; in development, here, once."""
    work = services()
    if not work.settings.development or not is_local(request):
        abort(404)
    if request.method == "HEAD":  # whoever only asks what is there must not use the link up
        return "", 204
    account = accounts.redeem(work.store, token, ENTER)
    return welcome(account, here.staff_page(""), by="link") if account else link_is_over(ENTER)


def link_is_over(purpose: str) -> ResponseReturnValue:
    """Say that a link has been used or is too old, and how to get another."""
    return render_template("staff/link_over.html", purpose=purpose), 410


def _signed_in() -> Account | None:
    """The account of this request's session, or None."""
    secret = session.get(SECRET)
    return accounts.session(services().store, secret) if isinstance(secret, str) else None


def admit(account: Account, wanted: str) -> ResponseReturnValue:
    """Let in whoever has given the password; where there is a second factor, ask for it first."""
    if not account.second_factor:
        return welcome(account, wanted)
    session.pop(SECRET, None)
    session[HALF] = second.half(services().store, account.id)
    return redirect(url_for("staff.second_step", next=wanted), 303)


def welcome(account: Account, wanted: str, *, by: str = "password") -> ResponseReturnValue:
    """Begin a new session for `account`, ending the browser's old one, and go on."""
    begin(account, by=by)
    store = services().store
    with store.write() as tx:
        limits.succeeded(tx, browsers.trial(account.email), store.pepper(tx))
    browsers.remember(account)
    own = (url_for("staff.partner"), url_for("staff.account"))
    if account.role in roles.PARTNER and not wanted.startswith(own):
        wanted = own[0]
    return redirect(wanted, 303)


def begin(account: Account, *, by: str = "password") -> None:
    """Give a new session to whoever has just proven who they are, ending the browser's old one."""
    store, old = services().store, session.get(SECRET)
    if old:
        accounts.end_session(store, old)
    session.clear()
    session[SECRET] = accounts.start_session(store, account.id, browsers.label(), by=by)
