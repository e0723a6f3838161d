"""The review queue: letters that are held, the oldest first, one at a time."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import outbox, sendlog
from mailer.sendlog import Filter, counted
from mailer.status import State
from mailer.web import i18n
from mailer.web.services import services
from mailer.web.staff import looks, spelling
from mailer.web.staff import wanted as asked
from mailer.web.staff.letters import DECISIONS, exact, known, may_leave
from mailer.web.staff.looks import shows_people
from mailer.web.staff.roles import DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

VERBS = {"leave": outbox.let_leave, "withdraw": outbox.withdraw}
FROM_THE_OLDEST = sendlog.cursor_at((0.0, ""))


@blueprint.get("/review/")
@open_to(*DECIDING)
@shows_people("review.look")
def review() -> str:
    """Show the oldest letter that is held and was not passed over."""
    work, content = services(), services().library.current()
    campaign = asked.plain(request.args, "campaign")
    after = asked.plain(request.args, "after")
    wanted = Filter(campaign=campaign, state=State.REVIEW, after=after or FROM_THE_OLDEST)
    with work.store.read() as tx:
        places = sendlog.places(tx, wanted, 1).places
    page = known(places[0][1]) if places else None
    shown = content.campaigns.get(page.row.campaign) if page else None
    title = shown.version(i18n.language()).title if shown else ""
    return render_template(
        "staff/review.html",
        page=page,
        row=page.row if page else None,
        exact=exact(page) if page else None,
        place=sendlog.cursor_at(places[0]) if places else "",
        held=counted.waiting_for_people(work.store)[State.REVIEW],
        many=counted.MANY,
        campaign=campaign,
        campaign_title=title,
        after=after,
        held_words=spelling.held_words(page, shown) if page else (),
        may_leave=may_leave(page) if page else False,
        done=_done(),
    )


@blueprint.post("/review/<letter_id>/<decision>")
@open_to(*DECIDING)
def review_decide(letter_id: str, decision: str) -> ResponseReturnValue:
    """Do what was decided and go on to the next one."""
    page, store, done = known(letter_id), services().store, False
    verb = VERBS.get(decision)
    if verb and (decision != "leave" or may_leave(page)):
        with store.write() as tx:
            done = verb(tx, letter_id, actor=f"staff:{g.account.id}", now=store.now(tx))
            if done:
                looks.record(tx, f"letter.{decision}", letter_id)
    said = decision if done else "late"
    here: dict[str, Any] = {
        name: asked.plain(request.form, name) or None for name in ("campaign", "after")
    }
    return redirect(url_for("staff.review", done=said, letter=letter_id, **here), 303)


def _done() -> tuple[str, str]:
    """What the address says was just decided, and about which letter, as far as it is true."""
    said, letter_id = request.args.get("done", ""), asked.plain(request.args, "letter")
    if said == "late":
        return said, ""
    page = sendlog.letter_page(services().store, letter_id) if said in VERBS else None
    true = page is not None and page.row.state in DECISIONS[said][1]
    return (said, letter_id) if true else ("", "")
