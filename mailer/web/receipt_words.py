"""What a receipt says of its letters: where each is, and one sentence over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.status import State
from mailer.submissions import Receipt, ReceiptLetter
from mailer.submissions.preview import TRIAL_MARK
from mailer.web.i18n import gettext, language, mark, moment

SOON = 120.0
"""Seconds to the moment it leaves within which none is named."""


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
        means=mark("It leaves in its turn, as soon as the way is free."),
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
            " not. A person of the campaign looks at it; nothing is sent again before."
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
        means=mark("It is not tried again. The campaign's people can see it too."),
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
# In a trial no office has the letter: it went to whoever tries the campaign out.
_TRIAL: dict[State, Words] = {
    State.SENT: Words(
        badge=mark("Accepted by the mail server"),
        means=mark("A trial: a mail server has taken it to %(to)s, not to the office."),
        look="good",
    ),
    State.DELIVERED: Words(
        badge=mark("Delivered"),
        means=mark("A trial: it has reached %(to)s, not the office."),
        look="good",
    ),
    State.BOUNCED: Words(
        badge=mark("Returned"),
        means=mark("A trial: the mail server of %(to)s sent it back. No office was written to."),
        look="bad",
    ),
    State.COMPLAINED: Words(
        badge=mark("Marked as unwanted"),
        means=mark("A trial: it reached %(to)s and was marked as unwanted mail there."),
        look="bad",
    ),
}
_AGAIN = Words(
    badge=mark("Not certain, sent again"),
    means=mark(
        "The connection broke off just as the letter was handed over: it may have arrived. It is"
        " sent once more, as the same letter with the same number."
    ),
    look="wait",
)
_LATER = Words(
    badge=mark("Not taken yet"),
    means=mark("It could not be handed over yet and is tried again."),
    look="wait",
)
_ANOTHER_WAY = mark(
    "Its text is below: you can send it another way, by telephone or by post for instance."
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


def is_trial(letter: ReceiptLetter) -> bool:
    """True for a letter of a trial: the mark in its subject is written once and stays."""
    return letter.subject.startswith(TRIAL_MARK)


def words(letter: ReceiptLetter) -> Words:
    """How the receipt says where a letter is."""
    if letter.kept_here and letter.state is State.SENT:
        return _KEPT
    if is_trial(letter) and letter.state in _TRIAL:
        return _TRIAL[letter.state]
    if letter.state is State.QUEUED and letter.possibly_twice:
        return _AGAIN
    if letter.deferred:
        return _LATER
    return STATES[letter.state]


def says(letter: ReceiptLetter, *, email: str, phone: str, now: float) -> list[str]:
    """All that is to be said of where a letter is, sentence by sentence."""
    first = why_held(letter) or gettext(words(letter).means, email=email, to=letter.to_address)
    told = [first, *_when(letter, now), *_twice(letter)]
    if letter.state is not State.FAILED:
        return told
    told.insert(0, letter.why(language()))
    if letter.body and not is_trial(letter):
        told.append(gettext(_ANOTHER_WAY))
        told += [gettext("Telephone of the office: %(phone)s.", phone=phone)] if phone else []
    return told


def _when(letter: ReceiptLetter, now: float) -> list[str]:
    """Since when it is there, or when something happens next."""
    if letter.deferred:
        since, following = moment(letter.tried_at or now), moment(max(letter.due_at, now))
        return [
            gettext("It has been tried since %(moment)s.", moment=since),
            gettext("The next attempt is at about %(moment)s.", moment=following),
        ]
    if letter.state is State.QUEUED and letter.due_at > now + SOON:
        return [gettext("It leaves after %(moment)s.", moment=moment(letter.due_at))]
    if letter.sent_at:
        return [gettext("Since %(moment)s.", moment=moment(letter.sent_at))]
    return []


def _twice(letter: ReceiptLetter) -> list[str]:
    """What is to be known of a letter whose first answer was never heard."""
    waits = letter.state in {State.AWAITING, State.REVIEW}
    if not letter.possibly_twice or waits or words(letter) is _AGAIN:
        return []
    if letter.state is State.FAILED:
        return [gettext("The connection broke off once: it may have arrived all the same.")]
    return [gettext("It may have arrived twice, because the connection broke off once.")]


def why_held(letter: ReceiptLetter) -> str:
    """Why a letter is held, or "" when it is not or only the fact may be told."""
    if letter.state is not State.REVIEW or letter.reason not in HELD:
        return ""
    return gettext(HELD[letter.reason])


def summary(found: Receipt) -> str:
    """One true sentence over all letters: the least advanced of them decides."""
    states = {letter.state for letter in found.letters}
    if State.AWAITING in states:
        return gettext(_ONE_STEP, email=found.email)
    if State.REVIEW in states:
        return gettext("Your letters are safe. A person looks at them before they leave.")
    if any(letter.kept_here for letter in found.letters):
        return gettext("Your letters are written and kept on this machine.")
    left = states <= {State.SENT, State.DELIVERED}
    if left and any(is_trial(letter) for letter in found.letters):
        return gettext("Your trial letters have left, but not to an office.")
    if left:
        return gettext("Your letters have left.")
    if states & {State.FAILED, State.BOUNCED, State.CANCELLED, State.COMPLAINED}:
        return gettext("Not every letter arrived: see below.")
    if State.UNCERTAIN in states:
        return gettext("Nobody knows yet whether every letter arrived: see below.")
    if any(letter.deferred for letter in found.letters):
        return gettext("Your letters are safe with us. Not every office has taken its own yet.")
    return gettext("Your letters are safe with us and leave in their turn.")
