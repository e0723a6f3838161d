"""Other ways in which a letter can reach its office: one's own mail program, telephone, post."""

from __future__ import annotations

from dataclasses import dataclass

from mailer import submissions
from mailer.approvals import Edition
from mailer.submissions import ReceiptLetter
from mailer.web.mailto import mailto
from mailer.web.receipts import wording

LONGEST = 2_000
"""Characters that a mailto: address may have, percent-encoded.

Windows knows no address longer than 2,083 (INTERNET_MAX_URL_LENGTH); what is longer is cut there,
or does nothing, without a word. Other systems take far more.
"""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How one letter may be sent otherwise."""

    mailto: str
    whole: bool  # the text is in it; otherwise only address and subject
    phone: str
    postal: str


def ways(letter: ReceiptLetter, text: str, edition: Edition | None) -> Ways | None:
    """The ways of one letter; None for one that is a trial's or whose text is erased.

    Telephone and postal address are those of the officials' file the letter was made from.
    """
    if not letter.body or wording.is_trial(letter):
        return None
    link = mailto(letter.to_address, letter.subject, text)
    whole = len(link) <= LONGEST
    phone = postal = ""
    if edition:
        phone = submissions.phone(edition.officials, letter.official, letter.post)
        postal = submissions.postal(edition.officials, letter.official, letter.post)
    return Ways(
        mailto=link if whole else mailto(letter.to_address, letter.subject),
        whole=whole,
        phone=phone,
        postal=postal,
    )
