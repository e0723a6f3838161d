"""A wave of forged letters, found from one of them: counted first, then stopped in one press."""

from __future__ import annotations

import math
from collections.abc import Mapping

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import review
from mailer.review import waves
from mailer.review.waves import Found, Wave
from mailer.sendlog.submission import Submission, submission_page
from mailer.submissions.accept import CROWDED
from mailer.web import i18n
from mailer.web.services import services
from mailer.web.staff.roles import DECIDING, open_to
from mailer.web.staff.signin import blueprint
from mailer.web.staff.submissions import is_id

__all__ = ["blueprint"]

HOURS = (1, 3, 24, 168)
"""Of how many hours a wave may be; how alike words are is known for a week, and where from."""

LONGEST_WHY = 200
REASONS = frozenset({
    review.SIMILAR, review.LINK, review.THROWAWAY, review.OFFICIAL, review.CROWD, review.BAITED,
    review.MIXED, review.WORD, CROWDED,
})  # fmt: skip
"""Those for which the rules hold letters: others were held by people, each for its own."""


@blueprint.get("/submissions/<submission_id>/wave")
@open_to(*DECIDING)
def wave(submission_id: str) -> str:
    """Count what is like this submission, by each way in which it can be; nothing is changed."""
    return _page(_found(submission_id), {})


@blueprint.post("/submissions/<submission_id>/wave")
@open_to(*DECIDING)
def wave_stop(submission_id: str) -> ResponseReturnValue:
    """Stop what was counted, as far as it has not left, and mark the rest."""
    found, what = _found(submission_id), request.form.get("what", "")
    ways, why = _ways(found), " ".join(request.form.get("why", "").split())
    errors = {} if what in ways else {"what": "missing"}
    if "@" in why or len(why) > LONGEST_WHY:
        errors["why"] = "address" if "@" in why else "long"
    if not request.form.get("sure"):
        errors["sure"] = "missing"
    if errors:
        return _page(found, errors), 422
    done = waves.invalidate(services().store, ways[what], actor=g.account.id, why=why)
    where = url_for(
        "staff.wave", submission_id=submission_id,
        of=done.submissions, stopped=done.stoppable, left=done.left,
    )  # fmt: skip
    return redirect(where, 303)


def _found(submission_id: str) -> Submission:
    found = submission_page(services().store, submission_id) if is_id(submission_id) else None
    if found is None:
        abort(404)
    return found


def _ways(found: Submission) -> dict[str, Wave]:
    """In what other submissions may be like this one, by the name of the choice."""
    sent, until = found.sent, _until()
    since = until - _hours() * 3600.0
    held = sorted({one.reason for one in found.mails if one.reason in REASONS})
    ways = {
        "like": Wave(campaign=sent.campaign, like=sent.id, since=since, until=until),
        "network": Wave(campaign=sent.campaign, network_of=sent.id, since=since, until=until),
    }
    if held:
        why = held[0]
        ways["held"] = Wave(campaign=sent.campaign, held_for=why, since=since, until=until)
    return ways


def _hours() -> int:
    """The hours that were chosen; a week where none were."""
    typed = request.values.get("hours", "")
    return int(typed) if typed in map(str, HOURS) else HOURS[-1]


def _until() -> float:
    """The moment of the count: what was written later was not looked at, and is left alone."""
    now = services().store.now()
    try:
        counted = float(request.form.get("until", ""))
    except ValueError:
        return now
    return counted if math.isfinite(counted) and 0 < counted < now else now


def _page(found: Submission, errors: Mapping[str, str]) -> str:
    work, ways = services(), _ways(found)
    looked: dict[str, Found] = {name: waves.look(work.store, one) for name, one in ways.items()}
    counts = {name: one for name, one in looked.items() if one.submissions}
    campaign = work.library.current().campaigns.get(found.sent.campaign)
    return render_template(
        "staff/wave.html",
        sent=found.sent,
        title=campaign.version(i18n.language()).title if campaign else found.sent.campaign,
        counts=counts,
        held_for=ways["held"].held_for if "held" in ways else "",
        until=ways["like"].until,
        hours=_hours(),
        every=HOURS,
        errors=errors if counts else {},  # where nothing is left there is no form to correct
        done=[request.args.get(name, type=int) for name in ("of", "stopped", "left")],
    )
