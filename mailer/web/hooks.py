"""Webhooks: what providers tell of the mail they took. Proven first, over the raw body; then read.

No session, no cookie, no form: the proof of a call is its own. Answers say nothing of our letters.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from mailer import events
from mailer.config import Settings
from mailer.errors import MailerError
from mailer.transports.api.base import Asks, Call, Forged, Hook, Once
from mailer.web.services import Services, services

blueprint = Blueprint("hooks", __name__)

LARGEST = 1_000_000  # bytes of one call; SendGrid's are the largest, at most 768 KB

GIVE_UP = {"mailgun": 406, "postmark": 403}
"""What tells a provider not to send a call again that nobody here can read; 400 to the others.

https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/#webhooks and
https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

AGAIN = {"brevo": 429}
"""What tells a provider to send a call again later; 503 to the others.

Brevo gives up at 5xx: https://developers.brevo.com/docs/retry-mechanism
"""

LATER = {"Retry-After": "60"}

TALLY = "hook "
"""What the tallies of this room begin with."""


@blueprint.post("/hooks/<provider>")
def receive(provider: str) -> Response:
    """Take a provider's news in: 200 once it is kept, 401 unless proven, 503 to be sent again."""
    work = services()
    hook = work.hooks.get(provider)
    if hook is None:
        return _say("there is no such provider here", 404)
    try:
        call = _call()
        hook.verify(call, keys(work.settings, provider), work.store.now())
        return _take(work, provider, hook, call)
    except Forged as error:
        current_app.logger.warning("a call at /hooks/%s was refused: %s", provider, error)
        _count(work, provider, "refused")
        return _say("this call is not proven", 401)
    except RequestEntityTooLarge:
        _count(work, provider, "too large")
        return _say("this call is too large", 413)
    except MailerError as error:  # the database is away, or what the proof needs
        _count(work, provider, "not judged")
        current_app.logger.error("/hooks/%s: %s", provider, error)
        return _say("send it again later", AGAIN.get(provider, 503), LATER)


def keys(settings: Settings, provider: str) -> tuple[str, ...]:
    """What proves a provider's calls; () where nothing is set: then none is believed."""
    if provider == "ses":
        return (settings.sns_topic,) if settings.sns_topic else ()
    return settings.hooks.get(provider, ())


def _call() -> Call:
    request.max_content_length = LARGEST
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= LARGEST:
        raise RequestEntityTooLarge  # it came in chunks, and what is left of it was not read
    return Call(headers=headers, body=body)


def _take(work: Services, provider: str, hook: Hook, call: Call) -> Response:
    """Keep what a proven call tells; raises Forged when what proves it was used for another."""
    try:
        if isinstance(hook, Asks) and (url := hook.asked(call)):
            return _agree(work, provider, hook, url)
        token = hook.once(call) if isinstance(hook, Once) else ""
        told = hook.read(call)
    except ValueError as error:
        return _unread(work, provider, call, str(error))
    with work.store.write() as tx:
        now = work.store.now(tx)
        if token and not events.use(tx, provider, token, call.body, now=now):
            raise Forged("what signs it was used for another call")
        noted = events.record_all(tx, provider, told, now=now)
    current_app.logger.info("%s told %d news, %d of them new", provider, len(told), len(noted))
    return _say("kept", 200)


def _agree(work: Services, provider: str, hook: Asks, url: str) -> Response:
    """Say yes to a provider that asks whether its calls are wanted."""
    try:
        work.fetch(url, hook.hosts)
    except MailerError as error:
        current_app.logger.error(
            "/hooks/%s: the subscription was not confirmed: %s", provider, error
        )
        return _say("send it again later", 503, LATER)
    current_app.logger.info("/hooks/%s: the subscription is confirmed", provider)
    return _say("confirmed", 200)


def _unread(work: Services, provider: str, call: Call, why: str) -> Response:
    """Keep a call for staff that is the provider's, and that nobody here can read."""
    with work.store.write() as tx:
        now = work.store.now(tx)
        events.count(tx, f"{TALLY}{provider} unreadable", now=now)
        events.note_unread(tx, provider, call.body, why, now=now)
    current_app.logger.error("a call at /hooks/%s cannot be read: %s", provider, why)
    return _say("this call cannot be read", GIVE_UP.get(provider, 400))


def _count(work: Services, provider: str, what: str) -> None:
    """Count a call that is not kept; the answer does not depend on it."""
    try:
        store = work.store
    except MailerError as error:
        current_app.logger.error("/hooks/%s: %s", provider, error)
        return
    work.counting.count(store, f"{TALLY}{provider} {what}")


def _say(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    response = Response(f"{text}\n", status, headers, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
