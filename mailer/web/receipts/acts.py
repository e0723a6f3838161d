"""What a supporter may do on the receipt: withdraw, erase, tell whether the offices answered."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import submissions
from mailer.i18n import LANGUAGES
from mailer.status import State
from mailer.submissions import Receipt, answers, erasing, finding, remains, withdrawing
from mailer.submissions.answers import Answered
from mailer.submissions.remains import Fates
from mailer.web import callers, i18n, private, shown, wiping
from mailer.web.i18n import gettext
from mailer.web.receipts import afterwards, wording
from mailer.web.services import services

blueprint = Blueprint("acts", __name__)
blueprint.before_request(private.guard)


@blueprint.get("/receipt/<token>/withdraw")
def withdraw_page(token: str) -> str | Response:
    """Each letter, and which of them can still be taken back; looking changes nothing."""
    return _withdraw_page(_found(token))


@blueprint.post("/receipt/<token>/withdraw")
def withdraw(token: str) -> Response | tuple[str, int]:
    """Take back the chosen letters that have not left; the page says which did."""
    found, chosen = _found(token), request.form.getlist("letter")
    if not chosen and any(map(withdrawing.is_open, found.letters)):
        wrong = gettext("Choose the letters that are not to leave.")
        return str(_withdraw_page(found, {"letters": wrong})), 422
    withdrawing.withdraw(services().store, token, chosen, _accounts())
    return redirect(url_for("acts.withdraw_page", token=token), 303)


@blueprint.get("/receipt/<token>/erase")
def erase_page(token: str) -> str | Response:
    """What is erased, what stays, and what cannot be called back; looking changes nothing."""
    found = _found(token)
    if found.erased:
        return _receipt(token)
    edition = shown.edition(found.campaign)
    return render_template(
        "pages/erase.html",
        receipt=found,
        title=private.title(found, edition),
        letters=_fates(found),
        awaits=any(one.state is State.AWAITING for one in found.letters),
        contact=_contact(found),
        languages=LANGUAGES,
    )


@blueprint.post("/receipt/<token>/erase")
def erase(token: str) -> Response:
    """Erase this submission for good; the receipt is the proof from then on."""
    _found(token)
    store = services().store
    wiping.wipe(lambda file: erasing.forget_one(store, token, file=file, accounts=_accounts()))
    return _receipt(token)


@blueprint.post("/receipt/<token>/links")
def links(token: str) -> Response:
    """Mail the owner of the address the links to everything written with it."""
    found = _found(token)
    callers.look_for_receipts()
    finding.ask_for(services().store, found.token, i18n.language())
    return redirect(url_for("finding.asked"), 303)


@blueprint.get("/receipt/<token>/answered")
def answered_page(token: str) -> str | Response:
    """Did the offices answer? Two buttons; looking changes nothing."""
    found = _found(token)
    if found.erased:
        return _receipt(token)
    return render_template(
        "pages/answered.html",
        receipt=found,
        title=private.title(found, shown.edition(found.campaign)),
        after=afterwards.of(found, services().settings.answer_days, services().store.now()),
        languages=LANGUAGES,
    )


@blueprint.post("/receipt/<token>/answered")
def answered(token: str) -> Response:
    """Keep what the supporter tells; they may change it at any time."""
    _found(token)
    try:
        told = Answered(request.form.get("answered", ""))
    except ValueError:
        abort(400)
    answers.tell(services().store, token, told)
    return redirect(url_for("acts.answered_page", token=token), 303)


@blueprint.post("/receipt/<token>/asking")
def asking(token: str) -> Response:
    """Never ask by mail whether the offices answered; with `again`, ask after all."""
    _found(token)
    answers.leave_alone(services().store, token, wanted="again" not in request.form)
    return _receipt(token, "answers")


@blueprint.get("/receipt/<token>/links")
@blueprint.get("/receipt/<token>/asking")
def astray(token: str) -> Response:
    """These addresses only take forms: whoever opens one is led to the receipt."""
    _found(token)
    return _receipt(token)


def _fates(found: Receipt) -> Fates:
    """Of letters that went to no office, kept here or tried out, there is nothing to tell."""
    numbers = Counter(
        remains.fate(one.state, possibly_twice=one.possibly_twice)
        for one in found.letters
        if not one.kept_here and not (one.state in remains.LEFT and wording.is_trial(one))
    )
    return Fates(**{name: number for name, number in numbers.items() if name})


def _found(token: str) -> Receipt:
    """The receipt of a request, in its language; 404 for none."""
    found = submissions.receipt(services().store, token, _accounts())
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES, default=found.language if found.language in LANGUAGES else "")
    return found


def _accounts() -> list[str]:
    return [way.account for way in services().transports]


def _contact(found: Receipt) -> str:
    edition = shown.edition(found.campaign)
    return (edition and edition.campaign.contact) or services().settings.contact


def _receipt(token: str, anchor: str | None = None) -> Response:
    return redirect(url_for("receipts.receipt", token=token, _anchor=anchor), 303)


def _withdraw_page(found: Receipt, errors: dict[str, str] | None = None) -> str | Response:
    if found.erased:
        return _receipt(found.token)
    edition, now = shown.edition(found.campaign), services().store.now()
    letters = private.ordered(found, edition)
    return render_template(
        "pages/withdraw.html",
        receipt=found,
        title=private.title(found, edition),
        letters=[
            (
                one,
                wording.words(one),
                wording.says(one, email=found.email, phone="", now=now),
            )
            for one in letters
        ],
        open={one.id for one in letters if withdrawing.is_open(one)},
        done=any(one.reason == withdrawing.WITHDRAWN for one in letters),
        writable=bool(edition and shown.phase(edition.campaign) is shown.Phase.OPEN),
        errors=errors or {},
        languages=LANGUAGES,
    )
