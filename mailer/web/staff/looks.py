"""What staff do and look at goes into the audit: who, what, which; never a name or an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, g, request

from mailer import audit
from mailer.db import Tx
from mailer.web.services import services

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "looked_at"


def shows_people(act: str, subject: str = "") -> Callable[[View], View]:
    """Declare that a view shows supporters' data: each page of it that is shown is noted.

    `act` is what the audit calls it, `subject` the part of the address that names what is shown.
    """

    def declare(view: View) -> View:
        vars(view)[_MARK] = (act, subject)
        return view

    return declare


def note(response: Response) -> None:
    """Note the look, if the page that was shown is such a one."""
    view = current_app.view_functions.get(request.endpoint or "")
    found = vars(view).get(_MARK) if view else None
    if not found or response.status_code != 200 or g.get("account") is None:
        return
    act, subject = found
    store = services().store
    with store.write() as tx:
        record(tx, act, str((request.view_args or {}).get(subject, "")))


def record(
    tx: Tx, act: str, subject: str = "", *, count: int | None = None, **details: str | int
) -> None:
    """Note what the reader of this page does, in the transaction that does it, at its end."""
    audit.record(
        tx, now=services().store.now(tx), actor=g.account.id, act=act, subject=subject,
        count=count, **details,
    )  # fmt: skip
