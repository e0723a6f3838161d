"""/metrics: figures for Prometheus, in its text format 0.0.4. No name, no address, no campaign."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from flask import Blueprint, Response, current_app, request

from mailer.sendlog import figures
from mailer.sendlog.figures import Figures
from mailer.status import ACCEPTED, Kind, State
from mailer.web.loopback import is_local
from mailer.web.services import services
from mailer.web.timing import BOUNDS, Timings
from mailer.web.watching import kinds_of

blueprint = Blueprint("metrics", __name__)

TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, Mapping[str, str], float]  # what follows the name, labels, value


@blueprint.get("/metrics")
def metrics() -> Response:
    """The figures; with MAILER_METRICS_TOKEN to whoever shows it, else to this machine alone."""
    work = services()
    token = work.settings.metrics_token
    if token:
        shown = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, f"Bearer {token}".encode()):
            refused = _answer("this needs MAILER_METRICS_TOKEN, as Authorization: Bearer\n", 401)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
    elif not is_local(request):
        return _answer("without MAILER_METRICS_TOKEN this answers the machine itself alone\n", 403)
    now = figures.figures(
        work.store, accounts=[way.account for way in work.transports], delivers=work.delivers
    )
    lines = [*_families(now), *_times(work.timings, kinds_of(current_app))]
    return _answer("".join(f"{line}\n" for line in lines), 200, TYPE)


def _answer(text: str, status: int, kind: str = "text/plain; charset=utf-8") -> Response:
    response = Response(text, status, content_type=kind)
    response.headers["Cache-Control"] = "no-store"
    return response


def _families(now: Figures) -> Iterator[str]:
    letters = [("", {"kind": kind, "state": state}, float(number))
               for (kind, state), number in sorted(now.letters.items())]  # fmt: skip
    yield from _family("mailer_letters", "gauge", "Letters and mails by kind and state.", letters)
    yield from _family("mailer_sends", "gauge", "Letters to officials by what became of them.", [
        ("", {"outcome": name}, float(sum(now.letters.get((Kind.LETTER, one), 0) for one in those)))
        for name, those in _OUTCOMES.items()
    ])  # fmt: skip
    for name, help_, value in (
        ("oldest_due_seconds", "How long the first due letter has waited.", now.oldest_due),
        ("lanes_paused", "What staff have paused.", now.paused),
        ("lanes_failing", "Servers and mailboxes that do not answer as they should.", now.failing),
        ("queues_stuck", "Queues that nobody serves.", now.stuck),
        ("alerts_waiting", "Alerts that the URL has not taken yet.", now.untold),
    ):
        yield from _family(f"mailer_{name}", "gauge", help_, [("", {}, float(value))])
    if now.heard is not None:
        yield from _family("mailer_worker_heard_seconds", "gauge",
                           "Seconds since a worker was heard.", [("", {}, now.heard)])  # fmt: skip


_OUTCOMES = {
    "accepted": ACCEPTED,
    "delivered": {State.DELIVERED},
    "bounced": {State.BOUNCED},
    "complained": {State.COMPLAINED},
    "uncertain": {State.UNCERTAIN},
    "failed": {State.FAILED},
}


def _times(timings: Timings, kinds: tuple[str, ...]) -> Iterator[str]:
    samples: list[Sample] = []
    for one in timings.series():
        page = kinds[one.page] if one.page < len(kinds) else kinds[0]
        labels = {"page": page, "status": f"{one.status}xx"}
        counted = [*accumulate(one.buckets)]
        for bound, number in zip((*map(repr, BOUNDS), "+Inf"), counted, strict=True):
            samples.append(("_bucket", {**labels, "le": bound}, float(number)))
        samples += [("_sum", labels, one.seconds), ("_count", labels, float(counted[-1]))]
    yield from _family("mailer_request_seconds", "histogram",
                       "Seconds until an answer began, by all processes.", samples)  # fmt: skip


def _family(name: str, kind: str, help_: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {help_}"
    yield f"# TYPE {name} {kind}"
    for suffix, labels, value in samples:
        named = ",".join(f'{label}="{text}"' for label, text in labels.items())
        shown = int(value) if value == int(value) else value
        yield f"{name}{suffix}{{{named}}} {shown}" if named else f"{name}{suffix} {shown}"
