"""What came back, as staff see it: what they are asked to look at, and whose calls were refused."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import events
from mailer.sendlog import news
from mailer.web.hooks import TALLY
from mailer.web.services import services
from mailer.web.staff import looks
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

SHOWN = 100  # pieces of news on the page
LATELY = 7  # days that refused calls are told of
TODAY = 2  # days of them on the first page: today and yesterday


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """Calls at one webhook that were not kept."""

    provider: str
    what: str  # refused | unreadable | too large
    count: int


@blueprint.get("/news/")
@open_to(*ALL)
@looks.shows_people("news.look")  # calls that nobody could read stand there as they came
def news_list() -> str:
    """Show what staff are asked to look at, newest first."""
    store = services().store
    told = news.attention(store, SHOWN)
    return render_template(
        "staff/news.html",
        told=told,
        total=news.unseen(store),
        until=max((one.received_at for one in told), default=0.0),
        wrong=news.wrong_addresses(store),
        refusals=refusals(LATELY),
        days=LATELY,
        may_clear=g.account.role in DECIDING,
        done=request.args.get("done") == "seen",
    )


@blueprint.post("/news/seen")
@open_to(*DECIDING)
def news_seen() -> ResponseReturnValue:
    """Note that all that was shown has been looked at."""
    store, until = services().store, request.form.get("until", type=float) or 0.0
    with store.write() as tx:
        looked_at = news.seen(tx, min(until, store.now(tx)))
        looks.record(tx, "news.seen", count=looked_at)
    current_app.logger.info("staff:%s has seen %d pieces of news", g.account.id, looked_at)
    return redirect(url_for("staff.news_list", done="seen"), 303)


def refusals(days: int) -> list[Refusals]:
    """The calls at our webhooks that were not kept in the last days."""
    store = services().store
    with store.read() as tx:
        found = events.tally(tx, TALLY, days=days, now=store.now(tx))
    named = [(name.partition(" "), count) for name, count in found.items()]
    return [
        Refusals(provider=provider, what=what, count=count) for (provider, _, what), count in named
    ]
