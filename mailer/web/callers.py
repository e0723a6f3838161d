"""Where a request comes from, as far as the limits count it."""

from __future__ import annotations

from flask import current_app, request

from mailer import limits
from mailer.db import Tx
from mailer.limits import Caller
from mailer.web.services import services

_TOLD = "mailer-unread-peer"


def caller() -> Caller:
    """Who asks: the peer, or what as many proxies say as the settings count; nothing else."""
    address = request.remote_addr or ""
    network = limits.network(address)
    if network == limits.UNKNOWN and not current_app.extensions.get(_TOLD):
        current_app.extensions[_TOLD] = True
        current_app.logger.error(
            "no visitor's address can be read: look at MAILER_PROXY_HOPS and what the proxy adds"
            " to X-Forwarded-For; until then all visitors count as one place"
        )
    trusted = limits.is_trusted(address, services().settings.trusted)
    return Caller(network=network, trusted=trusted)


def neighbourhood() -> str:
    """Where the caller is, shortened: what is kept of it with a submission, as a keyed hash."""
    return limits.shortened(request.remote_addr or "")


def may_mail(tx: Tx, email: str, now: float) -> bool:
    """True when a mail to confirm may be sent to an address."""
    serving = services()
    return limits.mail(tx, serving.rules, caller(), email, serving.store.pepper(tx), now)


def may_look_up(tx: Tx, now: float) -> bool:
    """True when a postal code may be looked up at a service for whoever asks."""
    serving = services()
    return limits.look_up_district(tx, serving.rules, caller(), serving.store.pepper(tx), now)


def look_for_receipts() -> None:
    """Count somebody who looks for receipts; raises OverLimit."""
    serving = services()
    with serving.store.write() as tx:
        key, now = serving.store.pepper(tx), serving.store.now(tx)
        limits.look_for_receipts(tx, serving.rules, caller(), key, now)


def ask_again() -> None:
    """Count somebody who asks for a mail to confirm once more; raises OverLimit."""
    serving = services()
    with serving.store.write() as tx:
        key, now = serving.store.pepper(tx), serving.store.now(tx)
        limits.ask_again(tx, serving.rules, caller(), key, now)


def enter_code(receipt: str) -> None:
    """Count a code that is typed on a receipt; raises OverLimit."""
    serving = services()
    with serving.store.write() as tx:
        key, now = serving.store.pepper(tx), serving.store.now(tx)
        limits.enter_code(tx, serving.rules, receipt, key, now)
