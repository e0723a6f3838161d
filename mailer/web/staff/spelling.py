"""What staff are shown of words and addresses that something may hide in."""

from __future__ import annotations

from mailer import addresses, review
from mailer.campaigns import heldwords
from mailer.campaigns.values import Campaign
from mailer.sendlog import LetterPage
from mailer.web.staff.signin import blueprint


@blueprint.app_template_filter("spelled")
def spelled(address: str) -> str:
    """An address, and beside one of other letters its domain as name servers know it (xn--...)."""
    return address if address.isascii() else f"{address} ({addresses.domain(address)})"


def held_words(page: LetterPage, campaign: Campaign | None) -> tuple[str, ...]:
    """The words for which a letter is held, as far as it and the campaign's list still have them.

    Found when looked at: a reason that named them would outlive the text.
    """
    if page.row.reason != review.WORD or campaign is None or page.mail is None:
        return ()
    return heldwords.find(campaign.hold_words, (page.row.name, page.mail.text))
