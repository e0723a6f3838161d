"""What the private pages of supporters share: their guard, and how they name and order letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import abort, request

from mailer import approvals, sendlog
from mailer.approvals import Edition
from mailer.campaigns.recipients import recipients
from mailer.submissions import Receipt, ReceiptLetter
from mailer.web import look, security, shown
from mailer.web.services import services

_ID = re.compile(r"[0-9a-z]{26}")


def guard() -> None:
    """Keep these pages private, and let no text reach the database that cannot be an id."""
    security.keep_private()
    asked = (*(request.view_args or {}).values(), *request.form.getlist("submission"))
    if not all(_ID.fullmatch(one) for one in asked):
        abort(404)


def is_id(text: str) -> bool:
    """True for what may be one of our random ids."""
    return bool(_ID.fullmatch(text))


def ordered(found: Receipt, edition: Edition | None) -> Sequence[ReceiptLetter]:
    """The letters in the order in which the campaign names their readers."""
    if edition is None:
        return found.letters
    campaign = edition.campaign
    readers = recipients(campaign, edition.officials, shown.today(campaign))
    place = {reader.official: number for number, reader in enumerate(readers)}
    return sorted(found.letters, key=lambda letter: place.get(letter.official, len(place)))


def made_for(found: Receipt) -> Edition | None:
    """The campaign as it was when these letters were made, as far as that is known."""
    store, key = services().store, found.approval
    approved = approvals.as_approved(store, key, found.campaign) if key else None
    return approved or shown.edition(found.campaign)


def title(found: Receipt, edition: Edition | None) -> str:
    """The campaign's title today, whose look the page puts on; else its letters' own subject."""
    if edition:
        version = edition.campaign.version(found.language)
        look.wear(edition.campaign, version)
        return version.title
    return found.letters[0].subject if found.letters else found.campaign


def whole(letter: ReceiptLetter) -> str:
    """The letter's text, exactly."""
    return f"{letter.salutation}\n\n{letter.body}" if letter.salutation else letter.body


def sender(letter: ReceiptLetter) -> str:
    """The name the letter is from, as it was written; "" when its text is erased."""
    page = sendlog.letter_page(services().store, letter.id) if letter.body else None
    return page.mail.from_name if page and page.mail else ""
