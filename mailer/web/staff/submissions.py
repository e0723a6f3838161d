"""One submission: all that one person sent in at once, what else came from their address, and the
signed record that it was wanted."""

from __future__ import annotations

import re

from flask import Response, abort, g, render_template
from flask.typing import ResponseReturnValue

from mailer import proof
from mailer.officials.values import say
from mailer.sendlog.submission import submission_page
from mailer.web import i18n
from mailer.web.services import services
from mailer.web.staff.letters import KINDS
from mailer.web.staff.looks import record as noted
from mailer.web.staff.looks import shows_people
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

_ID = re.compile(r"[0-9a-z]{26}")


def is_id(text: str) -> bool:
    """True for what has the form of a submission's id."""
    return _ID.fullmatch(text) is not None


@blueprint.get("/submissions/<submission_id>")
@open_to(*ALL)
@shows_people("submission.look", "submission_id")
def submission(submission_id: str) -> str:
    """Show who sent it in, every mail of it, and the others from the same address."""
    work = services()
    found = submission_page(work.store, submission_id) if is_id(submission_id) else None
    if found is None:
        abort(404)
    campaigns, tongue = work.library.current().campaigns, i18n.language()
    campaign = campaigns.get(found.sent.campaign)
    role = campaign.role(found.role) if campaign else None
    members = {one.id: say(one.name, tongue) for one in campaign.organisations} if campaign else {}
    return render_template(
        "staff/submission.html",
        found=found,
        mails=[mail for mail in found.mails if mail.kind in KINDS],
        titles={slug: one.version(tongue).title for slug, one in campaigns.items()},
        role=say(role.label, tongue) if role else found.role,
        via=members.get(found.via, found.via),
        may_decide=g.account.role in DECIDING,
        provable=proof.available(),
    )


@blueprint.post("/submissions/<submission_id>/proof")
@open_to(*DECIDING)
def submission_proof(submission_id: str) -> ResponseReturnValue:
    """Hand out the signed record of a submission; it stands in the audit."""
    work = services()
    if not is_id(submission_id) or not proof.available():
        abort(404)
    store, settings = work.store, work.settings
    with store.write() as tx:
        found = proof.record(tx, submission_id, site=settings.public_url, now=store.now(tx))
        if found is None:
            abort(404)
        made = proof.signed(found, settings.secret_keys)
        noted(tx, "export.proof", submission_id)
    response = Response(made, mimetype="application/json")
    name = f"proof-{found['reference']}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
