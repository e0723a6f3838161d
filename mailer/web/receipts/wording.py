"""What a receipt says of its letters: where each is, and one sentence over all of them."""

from __future__ import annotations

from collections.abc import Sequence

from mailer.status import State
from mailer.submissions import Receipt, ReceiptLetter, whys, withdrawing
from mailer.submissions.preview import TRIAL_MARK
from mailer.submissions.replacing import REPLACED
from mailer.web.i18n import gettext, language, mark, moment
from mailer.web.receipts.states import (
    AGAIN,
    ANSWERED,
    HELD,
    KEPT,
    LATER,
    STATES,
    TAKEN_BACK,
    TRIAL,
    Words,
)

SOON = 120.0
"""Seconds to the moment it leaves within which none is named."""

_ANOTHER_WAY = mark(
    "Its text is below: you can send it another way, by telephone or by post for instance."
)
_ONE_STEP = mark("One step is left: open our mail to %(email)s and confirm.")
_LEFT = frozenset({State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINED})


def is_trial(letter: ReceiptLetter) -> bool:
    """True for a letter of a trial: the mark in its subject is written once and stays."""
    return letter.subject.startswith(TRIAL_MARK)


def is_replaced(found: Receipt) -> bool:
    """True when nothing is left of a submission but that it was written again."""
    ended = all(letter.state is State.CANCELLED for letter in found.letters)
    return ended and any(letter.reason == REPLACED for letter in found.letters)


def words(letter: ReceiptLetter) -> Words:
    """How the receipt says where a letter is."""
    if letter.kept_here and letter.state is State.SENT:
        return KEPT
    if letter.state is State.CANCELLED and letter.reason in TAKEN_BACK:
        return TAKEN_BACK[letter.reason]
    if is_trial(letter) and letter.state in TRIAL:
        return TRIAL[letter.state]
    if letter.state is State.QUEUED and letter.possibly_twice:
        return AGAIN
    if letter.deferred:
        return LATER
    return STATES[letter.state]


def says(letter: ReceiptLetter, *, email: str, phone: str, now: float) -> list[str]:
    """All that is to be said of where a letter is, sentence by sentence."""
    first = why_held(letter) or gettext(words(letter).means, email=email, to=letter.to_address)
    told = [first, *_passed_on(letter), *_when(letter, now), *_twice(letter)]
    if letter.state is State.REVIEW:
        told.append(gettext("You do not have to do anything."))
    if letter.state is State.BOUNCED and letter.returned:
        told.insert(1, letter.why(language()))
    if letter.state is not State.FAILED:
        return told
    told.insert(0, letter.why(language()))
    if letter.body and not is_trial(letter):
        told.append(gettext(_ANOTHER_WAY))
        told += [gettext("Telephone of the office: %(phone)s.", phone=phone)] if phone else []
    return told


def _passed_on(letter: ReceiptLetter) -> list[str]:
    """That it goes to somebody else than it was written to."""
    if not letter.former:
        return []
    return [
        gettext(
            "The office has changed hands since you wrote, so your letter goes to %(name)s: only"
            " the address and the salutation are new.",
            name=letter.to_name,
        )
    ]


def _when(letter: ReceiptLetter, now: float) -> list[str]:
    """When it left, since when it is there, or when something happens next."""
    if letter.deferred:
        since, following = moment(letter.tried_at or now), moment(max(letter.due_at, now))
        return [
            gettext("It has been tried since %(moment)s.", moment=since),
            gettext("The next attempt is at about %(moment)s.", moment=following),
        ]
    if letter.state is State.QUEUED and letter.due_at > now + SOON:
        return [gettext("It leaves after %(moment)s.", moment=moment(letter.due_at))]
    if letter.sent_at is None:
        return []
    left = moment(letter.sent_at)
    if letter.kept_here or letter.state not in _LEFT:
        return [gettext("Since %(moment)s.", moment=left)]
    told = [gettext("It left on %(moment)s.", moment=left)]
    if letter.state is State.DELIVERED:
        told.append(gettext("The confirmation came on %(moment)s.", moment=_changed(letter)))
    if letter.state is State.BOUNCED:
        told.append(gettext("It came back on %(moment)s.", moment=_changed(letter)))
    return told


def _changed(letter: ReceiptLetter) -> str:
    return moment(letter.changed_at)


def answered(letter: ReceiptLetter) -> tuple[str, str]:
    """What the server said of the letter, and what that means; empty where there is nothing."""
    said = whys.said(letter.answer)
    if letter.kept_here or not said or (letter.state is State.QUEUED and not letter.deferred):
        return "", ""
    return (said, gettext(ANSWERED[letter.state])) if letter.state in ANSWERED else ("", "")


def _twice(letter: ReceiptLetter) -> list[str]:
    """What is to be known of a letter whose first answer was never heard."""
    waits = letter.state in {State.AWAITING, State.REVIEW}
    if not letter.possibly_twice or waits or words(letter) is AGAIN:
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
    stayed = [letter for letter in found.letters if letter.reason != withdrawing.WITHDRAWN]
    if not stayed:
        return gettext("You withdrew your letters before they left.")
    if any(letter.state is State.AWAITING for letter in stayed):
        return gettext(_ONE_STEP, email=found.email)
    return _summary(stayed)


def _summary(letters: Sequence[ReceiptLetter]) -> str:
    states = {letter.state for letter in letters}
    if State.REVIEW in states:
        return gettext("Your letters are safe. A person looks at them before they leave.")
    if any(letter.kept_here for letter in letters):
        return gettext("Your letters are written and kept on this machine.")
    left = states <= {State.SENT, State.DELIVERED}
    if left and any(is_trial(letter) for letter in letters):
        return gettext("Your trial letters have left, but not to an office.")
    if left:
        return gettext("Your letters have left.")
    if states == {State.CANCELLED}:
        return gettext("Your letters have not left, and do not leave any more.")
    if states & {State.FAILED, State.BOUNCED, State.CANCELLED, State.COMPLAINED}:
        return gettext("Not every letter arrived: see below.")
    if State.UNCERTAIN in states:
        return gettext("Nobody knows yet whether every letter arrived: see below.")
    if any(letter.deferred for letter in letters):
        return gettext("Your letters are safe with us. Not every office has taken its own yet.")
    return gettext("Your letters are safe with us and leave in their turn.")
