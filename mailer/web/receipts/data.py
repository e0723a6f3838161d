"""My data: everything that is kept of a mailbox, behind a link that was mailed to it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, render_template

from mailer import proof
from mailer.i18n import LANGUAGES
from mailer.submissions import data_links, own_data
from mailer.submissions.data_links import DataLink
from mailer.submissions.own_data import OwnData
from mailer.web import i18n, security
from mailer.web.receipts import own_words
from mailer.web.services import services

blueprint = Blueprint("data", __name__)

_NAME = "my-data.json"


@blueprint.before_request
def guard() -> None:
    """Keep these pages private: they hold all that is known of somebody."""
    security.keep_private()


@blueprint.get("/data/<token>")
def page(token: str) -> tuple[str, int]:
    """Everything that is kept, to be read; looking changes nothing."""
    i18n.speak(LANGUAGES)
    link, serving = _link(token), services()
    found = None if link.over else _found(link)
    shown = render_template(
        "pages/data.html",
        token=token,
        over=link.over,
        made_at=found and found.at,
        shown=own_words.shown(found.pieces) if found else (),
        settings=serving.settings,
        languages=LANGUAGES,
    )
    return shown, 410 if link.over else 200


@blueprint.post("/data/<token>")
def download(token: str) -> Response | tuple[str, int]:
    """The same as a file for programs (JSON); it is noted that its owner took it."""
    i18n.speak(LANGUAGES)
    link = _link(token)
    if link.over:
        return page(token)
    found, settings = _found(link), services().settings
    own_data.note_download(services().store, link.mailbox, found)
    told = {"kept_by": settings.owner, "contact": settings.contact,
            "fields": own_words.fields(), **found.as_json(),
            "proof_that_letters_were_wanted": _proofs(link)}  # fmt: skip
    text = json.dumps(told, ensure_ascii=False, indent=2)
    answer = Response(text + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_NAME}"'
    return answer


def _proofs(link: DataLink) -> list[Any]:
    """Signed records of what was sent in: their owner may show them to whom they like."""
    if not proof.available():
        return []
    store, settings = services().store, services().settings
    with store.read() as tx:
        found = proof.of_mailbox(tx, link.mailbox, site=settings.public_url, now=store.now(tx))
    return [json.loads(proof.signed(one, settings.secret_keys)) for one in found]


def _link(token: str) -> DataLink:
    """What the link says, open or over; 404 for one that is not ours."""
    serving = services()
    found = data_links.read(serving.settings.secret_keys, token, serving.store.now())
    return found or abort(404)


def _found(link: DataLink) -> OwnData:
    return own_data.of_mailbox(services().store, link.mailbox, owner=True)
