"""The tables of letters and of their writers, column by column."""

from __future__ import annotations

from collections.abc import Mapping

from mailer.i18n import mark
from mailer.privacy.topics import (
    AGREED,
    FATE,
    GUARD,
    LETTERS,
    LIMITS,
    MAILS,
    NUMBERS,
    OFFICE,
    ONCE,
    WHO,
    WISH,
)
from mailer.privacy.values import Column, Ends, Erasing, Told, Topic

Columns = Mapping[str, Column]


def gone(
    topic: Topic, label: str = "", *, by: Erasing = Erasing.BLANK, ends: Ends | None = None,
    told: Told = Told.YES, why: str = "",
) -> Column:  # fmt: skip
    """A column that an erasure takes."""
    return Column(
        topic=topic, ends=ends or topic.ends, erasing=by, told=told if label else Told.NO,
        label=label, why=why,
    )  # fmt: skip


def kept(topic: Topic, label: str = "", why: str = "", *, told: Told = Told.YES) -> Column:
    """A column that stays: alone it names nobody."""
    return Column(
        topic=topic, ends=topic.ends, erasing=Erasing.KEEP, told=told if label else Told.NO,
        label=label, why=why,
    )  # fmt: skip


_NUMBER = kept(NUMBERS)
_CODE = "a keyed hash, so that nobody writes twice; its key lies in the database (below)"
_RANDOM = "random"

SUBMISSION: Columns = {
    "id": kept(NUMBERS, mark("Reference"), _RANDOM),
    "receipt": kept(NUMBERS, why="random: the receipt stays as the proof of an erasure"),
    "campaign": kept(NUMBERS, mark("Campaign")),
    "approval": kept(OFFICE),
    "letters_hash": gone(AGREED, mark("Fingerprint of what you checked")),
    "person": kept(ONCE, mark("Code of your name and address"), _CODE),
    "mailbox": kept(ONCE, mark("Code of your address"), _CODE),
    "language": kept(NUMBERS, mark("Language")),
    "name": gone(WHO, mark("Name")),
    "email": gone(WHO, mark("Email address")),
    "search": gone(WHO, why="name and address once more, as staff search them"),
    "postal_code": gone(WHO, mark("Postal code")),
    "address": gone(WHO, mark("Street address")),
    "district": gone(WHO, mark("Electoral district")),
    "role": gone(WHO, mark("Role")),
    "affiliation": gone(WHO, mark("Affiliation")),
    "personal": gone(LETTERS, mark("Your own words")),
    "via": kept(NUMBERS, mark("Organisation whose link you came by"), "counts"),
    "edited": kept(NUMBERS, mark("You changed the letter's own text")),
    "created_at": kept(NUMBERS, mark("Sent in")),
    "confirmed_at": kept(NUMBERS, mark("Confirmed")),
    "erased_at": kept(NUMBERS, mark("Erased")),
    "asked_at": kept(NUMBERS, mark("Asked whether an office answered")),
    "answered": kept(NUMBERS, mark("Whether an office answered, as you said")),
    "answered_at": kept(NUMBERS, mark("Said so")),
    "network": gone(GUARD, mark("Code of the network you wrote from, shortened")),
    "invalid_at": kept(NUMBERS, mark("Found not to be yours")),
    "wording": kept(AGREED, mark("Version of the words above the button"), "names nobody"),
    "confirmed_by": kept(NUMBERS, mark("Confirmed by")),
}
CONSENT: Columns = {
    "submission": gone(AGREED, by=Erasing.ROW),
    "organisation": gone(AGREED, mark("Organisation that may have your details"), by=Erasing.ROW),
    "wording": gone(AGREED, mark("Version of the words you agreed to"), by=Erasing.ROW),
    "at": gone(AGREED, mark("Agreed"), by=Erasing.ROW),
    "withdrawn_at": gone(AGREED, mark("Taken back"), by=Erasing.ROW),
}
CONFIRMATION: Columns = {
    "token": gone(AGREED, by=Erasing.ROW, why="opens what waits: it is in the mail"),
    "mailbox": gone(AGREED, by=Erasing.ROW, why=_CODE),
    "campaign": gone(AGREED, mark("Campaign"), by=Erasing.ROW),
    "at": gone(AGREED, mark("Asked to confirm"), by=Erasing.ROW),
    "letter": gone(AGREED, mark("In the mail"), by=Erasing.ROW),
    "code": gone(AGREED, by=Erasing.ROW, why="a keyed hash"),
    "tries": gone(AGREED, mark("Wrong codes typed"), by=Erasing.ROW),
}
LETTER: Columns = {
    "id": kept(NUMBERS, mark("Letter"), _RANDOM),
    "submission": _NUMBER,
    "kind": kept(NUMBERS, mark("Kind of mail")),
    "state": kept(NUMBERS, mark("State")),
    "campaign": kept(NUMBERS, mark("Campaign")),
    "official": kept(OFFICE, mark("Official")),
    "post": kept(OFFICE, mark("Post")),
    "person": kept(ONCE, why=_CODE),
    "queue": kept(OFFICE),
    "priority": _NUMBER,
    "created_at": kept(NUMBERS, mark("Written")),
    "due_at": kept(NUMBERS, mark("Due")),
    "tried_at": kept(NUMBERS, mark("First tried")),
    "dated_at": _NUMBER,
    "lease_until": _NUMBER,
    "worker": _NUMBER,
    "attempts": kept(NUMBERS, mark("Attempts")),
    "on_uncertain": _NUMBER,
    "cleared": _NUMBER,
    "possibly_twice": kept(NUMBERS, mark("May have arrived twice")),
    "reason": kept(NUMBERS, mark("Reason"), "words of the program"),
    "held_for": kept(OFFICE),
    "transport": kept(NUMBERS, why="a way out of ours"),
    "answer": gone(FATE, mark("What the mail server said"), by=Erasing.WORDS),
    "provider_id": kept(NUMBERS, mark("Its number there")),
    "sha256": gone(AGREED, mark("Fingerprint of the message")),
    "approved": gone(AGREED, mark("Fingerprint of what you approved")),
    "sent_at": kept(NUMBERS, mark("Left")),
    "told_at": kept(NUMBERS, mark("You were told that it failed")),
    "changed_at": kept(NUMBERS, mark("Last changed")),
}
LETTER_TEXT: Columns = {
    "letter": _NUMBER,
    "language": kept(NUMBERS, mark("Language")),
    "from_name": gone(LETTERS, mark("From")),
    "from_address": kept(OFFICE, mark("Our address"), "the campaign's own"),
    "reply_name": gone(LETTERS, mark("Answers go to")),
    "reply_address": gone(LETTERS, mark("Answers go to this address")),
    "to_name": gone(WHO, mark("To"), by=Erasing.READER),
    "to_address": gone(WHO, mark("To this address"), by=Erasing.READER),
    "subject": gone(LETTERS, mark("Subject"), told=Told.LETTERS),
    "salutation": gone(LETTERS, mark("Salutation"), told=Told.LETTERS),
    "body": gone(LETTERS, mark("Text"), told=Told.LETTERS),
    "message_id": kept(NUMBERS, mark("Message-ID"), _RANDOM),
}
LETTER_EVENT: Columns = {
    "letter": _NUMBER,
    "id": _NUMBER,
    "at": kept(NUMBERS, mark("When")),
    "state": kept(NUMBERS, mark("State")),
    "actor": kept(NUMBERS, mark("By")),
    "attempt": kept(NUMBERS, mark("Attempts")),
    "transport": kept(NUMBERS, why="a way out of ours"),
    "code": kept(NUMBERS, mark("Code")),
    "note": gone(FATE, mark("What was said"), by=Erasing.WORDS),
    "external_id": _NUMBER,
}
NEWS: Columns = {
    "id": kept(NUMBERS, why="a provider's own, or a hash"),
    "source": kept(NUMBERS, mark("Told by")),
    "kind": kept(NUMBERS, mark("Kind")),
    "said": kept(NUMBERS, mark("Which means")),
    "letter": _NUMBER,
    "code": kept(NUMBERS, mark("Code")),
    "note": gone(FATE, mark("What was said"), by=Erasing.WORDS),
    "raw": gone(FATE, mark("As it came"), ends=Ends.TEXT, told=Told.OWNER),
    "at": kept(NUMBERS, mark("When")),
    "received_at": kept(NUMBERS, mark("Came here")),
    "attention": _NUMBER,
}
ENCLOSURE: Columns = {
    "letter": gone(MAILS, by=Erasing.ROW),
    "content": gone(MAILS, mark("Answer that we passed on"), by=Erasing.ROW, told=Told.OWNER),
}
SUPPRESSED: Columns = {
    "mailbox": kept(WISH, mark("Code of your address"), "a keyed hash, so that no mail goes there"),
    "reason": kept(WISH, mark("No more mail, because")),
    "at": kept(WISH, mark("Since")),
}
LIKENESS: Columns = {
    "band": gone(GUARD, mark("Code of some of your own words"), by=Erasing.ROW),
    "submission": gone(GUARD, by=Erasing.ROW),
    "at": gone(GUARD, mark("When"), by=Erasing.ROW),
}
_GOES = "goes by itself, within minutes mostly; a keyed hash"
BUCKET: Columns = {
    "id": kept(LIMITS, why=_GOES),
    "full_at": kept(LIMITS, why=_GOES),
    "every": kept(LIMITS, why=_GOES),
    "room": kept(LIMITS, why=_GOES),
}
_FOUND = "only the line of the organisation's link stays, and it names nobody"
FOUND_BY: Columns = {
    "key": gone(WHO, by=Erasing.ROW, why=_FOUND),
    "at": gone(WHO, by=Erasing.ROW, why=_FOUND),
    "submission": gone(WHO, by=Erasing.ROW, why=_FOUND),
}

TABLES: Mapping[str, Columns] = {
    "submission": SUBMISSION, "consent": CONSENT, "confirmation": CONFIRMATION, "letter": LETTER,
    "letter_text": LETTER_TEXT, "letter_event": LETTER_EVENT, "news": NEWS,
    "enclosure": ENCLOSURE, "suppressed": SUPPRESSED, "likeness": LIKENESS, "bucket": BUCKET,
    "found_by": FOUND_BY,
}  # fmt: skip
