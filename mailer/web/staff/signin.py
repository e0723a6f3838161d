"""The door to the staff's pages: who is signed in, who may pass, and the two ways in.

The session lives in the database and can be ended there; the browser keeps only its secret, in
Flask's signed cookie. The cookie exists on staff pages alone.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
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
from mailer.accounts import ENTER, Account
from mailer.i18n import LANGUAGES
from mailer.web import here, i18n, moments
from mailer.web.loopback import is_local
from mailer.web.services import services

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

OPEN = frozenset(
    {
        "staff.sign_in",
        "staff.enter",
        "staff.invitation",
        "staff.ask_reset",
        "staff.reset",
    }
)
"""All that can be seen without signing in; whatever is not named here cannot."""

FULL_ACCESS = frozenset({"viewer", "moderator", "organizer", "admin"})
"""Who may see supporters' data. A partner may not: it belongs to the whole coalition."""

FOR_EVERYONE = frozenset({"staff.account", "staff.sign_out"})
"""What a signed-in account of any role may use."""

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
        WTF_CSRF_TIME_LIMIT=_FORM_LIFETIME,
    )
    state.app.jinja_env.globals.update(this_page=here.this_page)
    state.app.jinja_env.filters.update(iso=moments.iso, stamp=moments.stamp)
    _csrf.init_app(state.app)


@blueprint.context_processor
def _words() -> dict[str, object]:
    """What every staff page needs to offer its languages."""
    return {"languages": LANGUAGES, "asked_language": {"lang": g.asked} if g.get("asked") else {}}


@blueprint.before_request
def guard() -> ResponseReturnValue | None:
    """Let nobody past who is not signed in, nobody whose role may not, no form without token."""
    i18n.language()  # decided before any redirect: its address carries the language on
    g.account = _signed_in()
    if request.endpoint not in OPEN:
        if g.account is None:
            over = 1 if SECRET in session else None
            return redirect(url_for("staff.sign_in", next=_here(), over=over), 303)
        if g.account.role not in FULL_ACCESS and request.endpoint not in FOR_EVERYONE:
            return render_template("staff/closed.html"), 403
    _csrf.protect()
    return None


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """Forbid every cache to keep a staff page."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(CSRFError)
def old_form(_error: CSRFError) -> ResponseReturnValue:
    """Say that a form had grown old, and show nothing of what was in it."""
    return render_template("staff/old_form.html", back=here.this_page()), 400


@blueprint.route("/sign-in", methods=("GET", "POST"))
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail and password; the answer never tells whether an account exists."""
    wanted = safe(request.values.get("next", ""))
    if request.method == "GET":
        if g.account:
            return redirect(wanted, 303)
        return render_template("staff/sign_in.html", next=wanted, errors={}, email="")
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    typed = {"email": email, "password": password}
    errors = {name: "missing" for name, text in typed.items() if not text}
    account = None if errors else accounts.sign_in(services().store, email, password)
    if account:
        return welcome(account, wanted)
    errors = errors or {"email": "no-match"}
    return render_template("staff/sign_in.html", next=wanted, errors=errors, email=email), 422


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session, in the database too."""
    accounts.end_session(services().store, session.get(SECRET, ""))
    session.clear()
    return redirect(url_for("staff.sign_in", out=1), 303)


@blueprint.get("/enter/<token>")
def enter(token: str) -> ResponseReturnValue:
    """Sign in the local admin by the link that `mailer up` prints; in development, here, once."""
    work = services()
    if not work.settings.development or not is_local(request):
        abort(404)
    if request.method == "HEAD":  # whoever only asks what is there must not use the link up
        return "", 204
    account = accounts.redeem(work.store, token, ENTER)
    return welcome(account, safe("")) if account else link_is_over(ENTER)


def link_is_over(purpose: str) -> ResponseReturnValue:
    """Say that a link has been used or is too old, and how to get another."""
    return render_template("staff/link_over.html", purpose=purpose), 410


def _signed_in() -> Account | None:
    """The account of this request's session, or None."""
    secret = session.get(SECRET)
    return accounts.session(services().store, secret) if isinstance(secret, str) else None


def welcome(account: Account, wanted: str) -> ResponseReturnValue:
    """Begin a new session for `account`, ending the browser's old one, and go on."""
    store = services().store
    old = session.get(SECRET)
    if old:
        accounts.end_session(store, old)
    session.clear()
    session[SECRET] = accounts.start_session(store, account.id)
    return redirect(wanted, 303)


def _here() -> str | None:
    """The page to come back to after signing in: only one that was asked for by GET."""
    return request.full_path.rstrip("?") if request.method == "GET" else None


def safe(wanted: str) -> str:
    """`wanted` if it is a page of the staff here, else the log; nobody is sent elsewhere."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return url_for("staff.log")
    plain = wanted.isprintable() and "\\" not in wanted and ".." not in parts.path.split("/")
    local = not parts.scheme and not parts.netloc and parts.path.startswith("/staff/")
    return wanted if plain and local else url_for("staff.log")
