"""The states of a letter in words for its supporter, as tables."""

from __future__ import annotations

from dataclasses import dataclass

from mailer import review
from mailer.review import waves
from mailer.status import State
from mailer.submissions.erasing import ERASED
from mailer.submissions.expiring import EXPIRED
from mailer.submissions.replacing import REPLACED
from mailer.submissions.withdrawing import WITHDRAWN
from mailer.web.i18n import mark


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
# Of letters taken back by their writer, or never confirmed, by the ledger's own words.
TAKEN_BACK: dict[str, Words] = {
    WITHDRAWN: Words(
        badge=mark("Withdrawn"),
        means=mark("You took it back before it left. You may write to this office again."),
        look="plain",
    ),
    ERASED: Words(
        badge=mark("Withdrawn"),
        means=mark("It did not leave: your data were erased before."),
        look="plain",
    ),
    EXPIRED: Words(
        badge=mark("Not confirmed in time"),
        means=mark("It did not leave: the link in our mail was open for 7 days."),
        look="plain",
    ),
    waves.INVALID: Words(
        badge=mark("Not sent"),
        means=mark(
            "It did not leave: the people of the campaign found that somebody else had written it"
            " in this name. If you wrote it, tell them."
        ),
        look="plain",
    ),
    REPLACED: Words(
        badge=mark("Written again"),
        means=mark("It did not leave: you wrote it again with another address."),
        look="plain",
    ),
}
KEPT = Words(
    badge=mark("Kept here"),
    means=mark("These pages have no way to send mail: the letter stays on this machine."),
    look="plain",
)
# In a trial no office has the letter: it went to whoever tries the campaign out.
TRIAL: dict[State, Words] = {
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
AGAIN = Words(
    badge=mark("Not certain, sent again"),
    means=mark(
        "The connection broke off just as the letter was handed over: it may have arrived. It is"
        " sent once more, as the same letter with the same number."
    ),
    look="wait",
)
LATER = Words(
    badge=mark("Not taken yet"),
    means=mark("It could not be handed over yet and is tried again."),
    look="wait",
)
# Why a letter is held, by the ledger's own words; of any other reason only the fact is told.
HELD: dict[str, str] = {
    "trial without MAILER_TRIAL_TO": mark(
        "The campaign is being tried out: letters do not leave yet."
    ),
    "many names at one address": mark(
        "Several people have written from this email address, so a person looks before it leaves."
    ),
    review.BAITED: mark(
        "A field that people do not see was filled in, as some programs do. A person looks before"
        " it leaves."
    ),
    review.LINK: mark(
        "A name in it looks like a link to a website, so a person looks before it leaves."
    ),
    review.THROWAWAY: mark(
        "Your email address is of a kind that ends soon, and the office's answer with it. A person"
        " looks before it leaves."
    ),
    review.OFFICIAL: mark(
        "It was written with the email address of an office, so a person looks before it leaves."
    ),
    review.SIMILAR: mark(
        "Several people have sent nearly the same words of their own, so a person looks before it"
        " leaves."
    ),
    review.MIXED: mark(
        "A name or the email address in it mixes letters of several alphabets that look alike, so a"
        " person looks before it leaves."
    ),
    review.WORD: mark(
        "There is a word in it at which the people of the campaign like to look first. A person"
        " reads it before it leaves."
    ),
    review.CROWD: mark(
        "Very many letters came from one network, so a person looks before it leaves."
    ),
    "unapproved": mark(
        "It was written before the campaign was approved: it waits until a person has looked at it."
    ),
    "restored": mark(
        "These pages were put back from a copy of an earlier day: a person looks whether the letter"
        " had left already."
    ),
    "the office changed hands": mark(
        "The office has changed hands since you wrote: a person looks who your letter goes to now."
    ),
    "not to be written to any more": mark(
        "This office is not written to at the moment: a person looks what becomes of your letter."
    ),
}
# What a server's answer comes down to.
ANSWERED: dict[State, str] = {
    State.SENT: mark("it means: the letter is taken."),
    State.DELIVERED: mark("it means: the letter is taken."),
    State.QUEUED: mark("it means: not now, try again later."),
    State.FAILED: mark("it means: no."),
}
