"""One letter as staff see it: its way so far, its exact message, and what they may decide."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import message, outbox, sendlog
from mailer.errors import HeaderError
from mailer.message import read
from mailer.outbox.holding import ANSWERED
from mailer.sendlog import LetterPage, Row
from mailer.status import ACCEPTED, Kind, State
from mailer.web import i18n, localbox
from mailer.web.services import services
from mailer.web.staff import looks, spelling
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["KINDS", "blueprint"]

KINDS = (
    Kind.LETTER, Kind.CONFIRMATION, Kind.REMINDER, Kind.NOTICE, Kind.COPY, Kind.ALERT, Kind.TEST,
)  # fmt: skip
"""What staff see. Mails about accounts hold links that sign in: nobody but their reader may."""

SEALED = frozenset({Kind.CONFIRMATION, Kind.REMINDER, Kind.NOTICE, Kind.COPY})
"""Mails whose text holds a link that speaks for their reader: staff must not confirm for them, nor
withdraw and erase what a receipt shows."""

HANDED_OVER = ACCEPTED | {State.DOT, State.UNCERTAIN}
"""States in which a server has the bytes, or may have."""

Verb = Callable[..., bool]

_NOT_ON_ITS_WAY = frozenset({State.AWAITING, State.REVIEW, State.CANCELLED})
DECISIONS: dict[str, tuple[Verb, frozenset[State]]] = {
    "leave": (outbox.let_leave, frozenset(State) - _NOT_ON_ITS_WAY),
    "withdraw": (outbox.withdraw, frozenset({State.CANCELLED})),
    "arrived": (outbox.arrived, ACCEPTED),
    "send-again": (outbox.send_again, frozenset(State) - _NOT_ON_ITS_WAY - {State.UNCERTAIN}),
    "give-up": (outbox.give_up, frozenset({State.FAILED})),
    "try-again": (outbox.try_again, frozenset(State) - _NOT_ON_ITS_WAY - {State.FAILED}),
    "hold": (outbox.hold, frozenset({State.REVIEW})),
    "cancel": (outbox.cancel, frozenset({State.CANCELLED})),
    "answered": (outbox.mark_answered, ACCEPTED),
}
"""What may be decided: the verb that does it, and the states that agree with its being done."""

LEAVING = frozenset({"leave", "send-again", "try-again"})
"""Decisions after which a letter leaves, if it may at all."""

_ID = re.compile(r"[0-9a-z]{26}")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^a-z0-9]+")


@blueprint.get("/letters/<letter_id>")
@open_to(*ALL)
@looks.shows_people("letter.look", "letter_id")
def letter(letter_id: str) -> str:
    """Show one letter: its way so far, and its exact message."""
    work, page = services(), known(letter_id)
    row = page.row
    mails = sendlog.submission_letters(work.store, row.submission) if row.submission else ()
    campaign = work.library.current().campaigns.get(row.campaign)
    return render_template(
        "staff/letter.html",
        page=page,
        row=row,
        exact=exact(page),
        others=[mail for mail in mails if mail.id != letter_id and mail.kind in KINDS],
        campaign_title=campaign.version(i18n.language()).title if campaign else row.campaign,
        outbox_open=localbox.is_open(),
        may_decide=g.account.role in DECIDING,
        held_words=spelling.held_words(page, campaign),
        may_leave=may_leave(page),
        may_answer=_may_answer(page),
        done=_done(row.state),
    )


@blueprint.get("/letters/<letter_id>/message.eml")
@open_to(*ALL)
@looks.shows_people("letter.message", "letter_id")
def message_file(letter_id: str) -> ResponseReturnValue:
    """Hand out the message as a file that mail programs open."""
    page = known(letter_id)
    made = exact(page)
    if made is None:
        abort(404)
    response = Response(made.data, mimetype="message/rfc822")
    name = _file_name(page.row)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/letters/<letter_id>/<decision>")
@open_to(*DECIDING)
def decide(letter_id: str, decision: str) -> ResponseReturnValue:
    """Do what was decided with a letter, and lead back to its page, which says what came of it."""
    if decision not in DECISIONS:
        abort(404)
    page, store, done = known(letter_id), services().store, False
    verb, _ = DECISIONS[decision]
    if decision not in LEAVING or may_leave(page):
        with store.write() as tx:
            done = verb(tx, letter_id, actor=f"staff:{g.account.id}", now=store.now(tx))
            if done:
                looks.record(tx, f"letter.{decision}", letter_id)
    said = decision if done else "late"
    return redirect(url_for("staff.letter", letter_id=letter_id, done=said), 303)


def may_leave(page: LetterPage) -> bool:
    """False when a server really sends and nobody approved it: a worker would hold it again."""
    return page.cleared or not services().delivers


def _may_answer(page: LetterPage) -> bool:
    """True for a letter that a server took, and of whose answer nobody has told."""
    told = any(event.note == ANSWERED for event in page.events)
    return page.row.kind is Kind.LETTER and page.row.state in ACCEPTED and not told


def _done(state: State) -> str:
    """What the address says was just decided, as far as the letter agrees with it."""
    done = request.args.get("done", "")
    if done == "late":
        return done
    return done if done in DECISIONS and state in DECISIONS[done][1] else ""


@dataclass(frozen=True, kw_only=True)
class Exact:
    """A message made again from what is stored."""

    data: bytes
    headers: Mapping[str, str]
    text: str
    sha256: str
    agrees: bool | None  # with the bytes that left; None: none have left


def exact(page: LetterPage) -> Exact | None:
    """The letter's message, or None when its text is secret, erased or cannot be made again."""
    if page.mail is None or page.row.kind in SEALED:
        return None
    try:
        data = message.compose(page.mail)
    except HeaderError:
        return None
    shown, sha256 = read.parts(data), hashlib.sha256(data).hexdigest()
    left = page.sha256 and page.row.state in HANDED_OVER
    return Exact(
        data=data,
        headers=dict(shown.headers),
        text=shown.text,
        sha256=sha256,
        agrees=sha256 == page.sha256 if left else None,
    )


def known(letter_id: str) -> LetterPage:
    """The letter, or the 404 page: also for mails that nobody but their reader may see."""
    known = _ID.fullmatch(letter_id)
    page = sendlog.letter_page(services().store, letter_id) if known else None
    if page is None or page.row.kind not in KINDS:
        abort(404)
    return page


def _file_name(row: Row) -> str:
    """A name of ASCII letters, digits and hyphens: nothing typed by anyone can steer a download."""
    words = f"{row.reference} {row.official or row.kind}".lower()
    return f"{_NEITHER_LETTER_NOR_DIGIT.sub('-', words).strip('-')[:80] or 'letter'}.eml"
