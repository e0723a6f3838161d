"""A supporter's private page: the receipt."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import submissions
from mailer.approvals import Edition
from mailer.i18n import LANGUAGES
from mailer.status import State
from mailer.submissions import Receipt, ReceiptLetter, copies, remains, withdrawing
from mailer.web import i18n, localbox, private, shown, when
from mailer.web.public import sharing
from mailer.web.public.sharing import Share
from mailer.web.receipts import afterwards, awaiting, paper, wording
from mailer.web.receipts.states import Words
from mailer.web.receipts.ways import Ways, ways
from mailer.web.services import services
from mailer.web.shown import Phase

blueprint = Blueprint("receipts", __name__)
blueprint.before_request(private.guard)
blueprint.app_template_filter("whole")(private.whole)


@blueprint.get("/receipt/<token>")
def receipt(token: str) -> str:
    """Each letter with its exact text and its true state."""
    serving = services()
    accounts = [way.account for way in serving.transports]
    found = submissions.receipt(serving.store, token, accounts)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES, default=found.language if found.language in LANGUAGES else "")
    edition, made_for = shown.edition(found.campaign), private.made_for(found)
    if found.erased:
        return _proof(found, edition)
    if wording.is_replaced(found):
        return _replaced(found, edition)
    now = services().store.now()
    letters = [_item(letter, found, made_for, now) for letter in private.ordered(found, edition)]
    return render_template(
        "pages/receipt.html",
        receipt=found,
        title=private.title(found, edition),
        letters=letters,
        summary=wording.summary(found),
        languages=LANGUAGES,
        contact=_contact(edition),
        outbox=_outbox(),
        awaiting=awaiting.of(found),
        typed="",
        errors={},
        on_paper=paper.offered(found),
        share=_share(found, edition),
        trial=any(wording.is_trial(letter) for letter in found.letters),
        withdrawable=any(map(withdrawing.is_open, found.letters)),
        after=afterwards.of(found, serving.settings.answer_days, now),
    )


def _proof(found: Receipt, edition: Edition | None) -> str:
    """That everything personal was erased, and when: all that is left of a receipt."""
    left = sum(one.state in remains.LEFT and not one.kept_here for one in found.letters)
    return render_template(
        "pages/erased.html",
        receipt=found,
        title=edition.campaign.version(found.language).title if edition else found.campaign,
        left=left,
        unsure=sum(letter.state is State.UNCERTAIN for letter in found.letters),
        contact=_contact(edition),
        languages=LANGUAGES,
    )


def _replaced(found: Receipt, edition: Edition | None) -> str:
    """That the letters were written again; neither who wrote, nor with which address."""
    return render_template(
        "pages/replaced.html",
        receipt=found,
        title=edition.campaign.version(found.language).title if edition else found.campaign,
        contact=_contact(edition),
        languages=LANGUAGES,
    )


def _contact(edition: Edition | None) -> str:
    """Whom to ask: the campaign's people, else those of the pages."""
    return (edition and edition.campaign.contact) or services().settings.contact


@blueprint.post("/receipt/<token>/copy")
def copy(token: str) -> Response:
    """Mail the letters to their writer; the receipt says what came of it."""
    serving = services()
    asked = copies.send(serving.store, token, serving.sender, serving.settings.secret_keys)
    if asked is None:
        abort(404)
    i18n.speak(LANGUAGES)
    return redirect(url_for("receipts.receipt", token=token, _anchor="copy"), 303)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One letter as the page shows it."""

    letter: ReceiptLetter
    words: Words
    says: list[str]
    answered: tuple[str, str]  # what the server said, and what that means
    sender: str
    ways: Ways | None


def _item(letter: ReceiptLetter, found: Receipt, edition: Edition | None, now: float) -> Item:
    return Item(
        letter=letter,
        words=wording.words(letter),
        says=_says(letter, found, edition, now),
        answered=wording.answered(letter),
        sender=private.sender(letter),
        ways=ways(letter, private.whole(letter), edition),
    )


def _share(found: Receipt, edition: Edition | None) -> Share | None:
    """How to tell others of the campaign, while people can write for it."""
    if edition is None or shown.phase(edition.campaign) is not Phase.OPEN:
        return None
    campaign = edition.campaign
    return sharing.share(campaign, campaign.version(i18n.language()), found.via)


def _says(letter: ReceiptLetter, found: Receipt, edition: Edition | None, now: float) -> list[str]:
    """What the page says of one letter, sentence by sentence."""
    phone = submissions.phone(edition.officials, letter.official, letter.post) if edition else ""
    told = wording.says(letter, email=found.email, phone=phone, now=now)
    return [*told, *filter(None, [when.sentence(letter.about, now)])]


def _outbox() -> str:
    """Where whoever looks can read the mail kept on this machine, or ""."""
    if services().delivers or not localbox.is_open():
        return ""
    return url_for("localbox.messages")
