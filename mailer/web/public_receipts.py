"""A supporter's private pages: the receipt, and what a confirmation link opens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import submissions
from mailer.approvals import Edition
from mailer.campaigns.recipients import recipients
from mailer.i18n import LANGUAGES
from mailer.status import State
from mailer.submissions import Receipt, ReceiptLetter
from mailer.web import i18n, localbox, security, shown
from mailer.web.i18n import gettext, mark
from mailer.web.services import services

blueprint = Blueprint("receipts", __name__)

_ID = re.compile(r"[0-9a-z]{26}")


@dataclass(frozen=True, kw_only=True)
class Words:
    """A state in plain words: the badge, what it means, and how it looks."""

    badge: str
    means: str
    look: str  # wait | good | bad | plain


_MOVING = Words(
    badge=mark("Leaving now"),
    means=mark("It is being handed to the mail server. Look again in a minute."),
    look="wait",
)
STATES: dict[State, Words] = {
    State.AWAITING: Words(
        badge=mark("Waiting for you"),
        means=mark("Open our mail to %(email)s and confirm. Nothing leaves before."),
        look="wait",
    ),
    State.REVIEW: Words(
        badge=mark("Held"),
        means=mark("A person of the campaign reads it before it leaves."),
        look="wait",
    ),
    State.QUEUED: Words(
        badge=mark("In the queue"),
        means=mark("It leaves in its turn; an office gets only so many letters an hour."),
        look="wait",
    ),
    State.CLAIMED: _MOVING,
    State.DOT: _MOVING,
    State.SENT: Words(
        badge=mark("Accepted by the mail server"),
        means=mark("A mail server has taken it, to carry it to the office."),
        look="good",
    ),
    State.UNCERTAIN: Words(
        badge=mark("Not certain"),
        means=mark(
            "The connection broke off just as the letter was handed over: it may have arrived or"
            " not. If it is sent once more, it is the same letter with the same number."
        ),
        look="wait",
    ),
    State.DELIVERED: Words(
        badge=mark("Delivered"),
        means=mark("The office's mail server has confirmed that it has the letter."),
        look="good",
    ),
    State.BOUNCED: Words(
        badge=mark("Returned"),
        means=mark("The office's mail server sent it back. The campaign's people can see it."),
        look="bad",
    ),
    State.COMPLAINED: Words(
        badge=mark("Marked as unwanted"),
        means=mark("It arrived; somebody at the office marked it as unwanted mail."),
        look="bad",
    ),
    State.FAILED: Words(
        badge=mark("Not delivered"),
        means=mark("The mail server refused it for good. The campaign's people can see why."),
        look="bad",
    ),
    State.CANCELLED: Words(
        badge=mark("Withdrawn"),
        means=mark("It was taken back before it left."),
        look="plain",
    ),
}
_KEPT = Words(
    badge=mark("Kept here"),
    means=mark("These pages have no way to send mail: the letter stays on this machine."),
    look="plain",
)
_ONE_STEP = mark("One step is left: open our mail to %(email)s and confirm.")
# Why a letter is held, by the ledger's own words; of any other reason only the fact is told.
HELD: dict[str, str] = {
    "trial without MAILER_TRIAL_TO": mark(
        "The campaign is being tried out: letters do not leave yet."
    ),
    "many names at one address": mark(
        "Several people have written from this email address, so a person looks before it leaves."
    ),
}


@blueprint.before_request
def guard() -> None:
    """Keep these pages private, and let no text reach the database that cannot be an id."""
    security.keep_private()
    asked = (*(request.view_args or {}).values(), *request.form.getlist("submission"))
    if not all(_ID.fullmatch(one) for one in asked):
        abort(404)


def words(letter: ReceiptLetter) -> Words:
    """How the receipt says where a letter is."""
    if letter.kept_here and letter.state is State.SENT:
        return _KEPT
    return STATES[letter.state]


@blueprint.get("/receipt/<token>")
def receipt(token: str) -> str:
    """Each letter with its exact text and its true state."""
    found = submissions.receipt(services().store, token)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES, default=found.language if found.language in LANGUAGES else "")
    edition = shown.edition(found.campaign)
    letters = [(letter, words(letter), _why_held(letter)) for letter in _ordered(found, edition)]
    return render_template(
        "pages/receipt.html",
        receipt=found,
        title=_title(found, edition),
        letters=letters,
        summary=_summary(found),
        languages=LANGUAGES,
        now=services().store.now(),
        contact=(edition and edition.campaign.contact) or services().settings.contact,
        outbox=_outbox(),
    )


@blueprint.get("/confirm/<token>")
def confirm(token: str) -> str:
    """The letters that wait for this address; looking at them sends nothing."""
    found = submissions.waiting(services().store, token)
    if not found:
        abort(404)
    language = found[0].language
    i18n.speak(LANGUAGES, default=language if language in LANGUAGES else "")
    editions = {one.campaign: shown.edition(one.campaign) for one in found}
    return render_template(
        "pages/confirm.html",
        token=token,
        waiting=[one for one in found if one.confirmed_at is None],
        done=[one for one in found if one.confirmed_at is not None],
        titles={one.id: _title(one, editions[one.campaign]) for one in found},
        letters={one.id: _ordered(one, editions[one.campaign]) for one in found},
        languages=LANGUAGES,
    )


@blueprint.post("/confirm/<token>")
def confirmed(token: str) -> Response:
    """Let one submission go; pressing again leads to the same receipt."""
    serving = services()
    chosen = request.form.get("submission", "")
    found = submissions.confirm(serving.store, token, chosen, sender=serving.sender)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES)
    return redirect(url_for("receipts.receipt", token=found), 303)


def _ordered(found: Receipt, edition: Edition | None) -> Sequence[ReceiptLetter]:
    """The letters in the order in which the campaign names their readers."""
    if edition is None:
        return found.letters
    campaign = edition.campaign
    readers = recipients(campaign, edition.officials, shown.today(campaign))
    place = {reader.official: number for number, reader in enumerate(readers)}
    return sorted(found.letters, key=lambda letter: place.get(letter.official, len(place)))


def _title(found: Receipt, edition: Edition | None) -> str:
    """The campaign's title today; its letters' own subject when the campaign is gone."""
    if edition:
        return edition.campaign.version(found.language).title
    return found.letters[0].subject if found.letters else found.campaign


@blueprint.app_template_filter("whole")
def whole(letter: ReceiptLetter) -> str:
    """The letter's text, exactly."""
    return f"{letter.salutation}\n\n{letter.body}" if letter.salutation else letter.body


def _outbox() -> str:
    """Where whoever looks can read the mail kept on this machine, or ""."""
    if services().delivers or not localbox.is_open():
        return ""
    return url_for("localbox.messages")


def _why_held(letter: ReceiptLetter) -> str:
    if letter.state is not State.REVIEW or letter.reason not in HELD:
        return ""
    return gettext(HELD[letter.reason])


def _summary(found: Receipt) -> str:
    """One true sentence over all letters: the least advanced of them decides."""
    states = {letter.state for letter in found.letters}
    if State.AWAITING in states:
        return gettext(_ONE_STEP, email=found.email)
    if State.REVIEW in states:
        return gettext("Your letters are safe. A person looks at them before they leave.")
    if any(letter.kept_here for letter in found.letters):
        return gettext("Your letters are written and kept on this machine.")
    if states <= {State.SENT, State.DELIVERED}:
        return gettext("Your letters have left.")
    if states & {State.FAILED, State.BOUNCED, State.CANCELLED, State.COMPLAINED}:
        return gettext("Not every letter arrived: see below.")
    return gettext("Your letters are safe with us and leave in their turn.")
