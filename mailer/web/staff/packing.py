"""Letters on paper for handing over in person: a volume at a time."""

from __future__ import annotations

from itertools import islice

from flask import Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from mailer import audit, paper
from mailer.errors import PaperError
from mailer.sendlog import census, pack, volume
from mailer.sendlog.census import Offices
from mailer.sendlog.pack import Paper
from mailer.web import i18n
from mailer.web.i18n import gettext
from mailer.web.services import services
from mailer.web.staff.roles import DECIDING, open_to
from mailer.web.staff.signin import blueprint
from mailer.web.staff.wanted import plain

__all__ = ["blueprint"]

_MOST = 9999  # volumes


@blueprint.get("/pack/")
@open_to(*DECIDING)
def pack_list() -> str:
    """Offer each official's letters as PDFs, campaign by campaign."""
    return _page(plain(request.args, "campaign"))


@blueprint.post("/pack/volume")
@open_to(*DECIDING)
def pack_volume() -> ResponseReturnValue:
    """Make one volume of an official's letters; the audit keeps how many it holds."""
    work, campaign = services(), plain(request.form, "campaign")
    official, typed = plain(request.form, "official"), request.form.get("volume", "").strip()
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0
    if not 1 <= number <= _MOST or not paper.available():
        return _page(campaign, wrong=official), 422
    before, papers = 0, list[Paper]()
    for found in islice(pack.volumes(work.store, campaign, official), number):
        before, papers = before + len(papers), found
        number -= 1
    if number or not papers:
        return _page(campaign, wrong=official), 422
    number = int(typed)
    try:
        made = volume.pdf(
            papers, campaign=_title(campaign), number=number, first=before + 1,
            made_at=work.store.now(), timezone=work.settings.timezone, language=i18n.language(),
            say=gettext,
        )  # fmt: skip
    except PaperError as error:
        current_app.logger.error("a volume of %s: %s", campaign, error)
        return _page(campaign, busy=True), 503
    with work.store.write() as tx:
        audit.record(
            tx, now=work.store.now(tx), actor=g.account.id, act="export.pack", subject=campaign,
            count=len(papers), volume=number,
        )  # fmt: skip
    response = Response(made, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="letters-{number}.pdf"'
    return response


def _page(campaign: str, *, wrong: str = "", busy: bool = False) -> str:
    work = services()
    content = work.library.current()
    titles = {slug: one.version(i18n.language()).title for slug, one in content.campaigns.items()}
    if not campaign and len(titles) == 1:
        campaign = next(iter(titles))
    found = census.offices(work.store, campaign) if campaign else Offices(offices=())
    return render_template(
        "staff/pack.html",
        campaign=campaign,
        titles=titles,
        names={key: person.name for key, person in content.officials.people.items()},
        offices=found.offices,
        counted_at=found.at,
        per_volume=pack.LETTERS,
        wrong=wrong,
        busy=busy,
        available=paper.available(),
    )


def _title(campaign: str) -> str:
    found = services().library.current().campaigns.get(campaign)
    return found.version(i18n.language()).title if found else campaign
