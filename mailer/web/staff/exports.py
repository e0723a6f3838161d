"""The log as a table to take away, with the columns that the reader's role may have."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, g, render_template, request, send_file
from flask.typing import ResponseReturnValue

from mailer import audit, tables
from mailer.db import Store
from mailer.sendlog import Filter, exporting, listing
from mailer.web.i18n import gettext
from mailer.web.services import services
from mailer.web.staff import wanted as asked
from mailer.web.staff.log import choices, searched
from mailer.web.staff.roles import ALL, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

FORMATS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument"
           ".spreadsheetml.sheet", "jsonl": "application/jsonl"}  # fmt: skip

MOST_IN_WORKBOOK = 50_000
"""Rows of a workbook that is made while its reader waits: it cannot leave before it is whole."""

_AT_ONCE = threading.BoundedSemaphore(2)  # in one process: other pages need its threads, too
_AGAIN = 30  # seconds after which one of them may be done


@blueprint.get("/export/")
@open_to(*ALL)
def export_form() -> str:
    """Offer the letters of a filter as a table."""
    return _form()


@blueprint.post("/export/letters")
@open_to(*ALL)
def export_letters() -> ResponseReturnValue:
    """Hand out a row for each letter that fits, as it is read; the audit keeps how many."""
    form, words = request.form.get("format", ""), searched(request.args.get("search", ""))
    if form not in FORMATS or words is None:
        return _form({"format-1": "choose"} if form not in FORMATS else {}), 422
    if form == "xlsx" and not tables.available():
        return _form({"format-1": "missing"}), 422
    wanted, store = asked.of_address(request.args, words), services().store
    if form == "xlsx" and _is_too_long(store, wanted):
        return _form({"format-1": "too-long"}), 422
    if not _AT_ONCE.acquire(blocking=False):
        return _form({"format-1": "busy"}), 503, {"Retry-After": str(_AGAIN)}
    taken = Taken(store, g.account, form, wanted)
    if form != "xlsx":
        return _saved(Response(taken.pieces(), mimetype=FORMATS[form]), form)
    with taken:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        tables.write_xlsx(taken.labels, taken, file, title=gettext("Letters"))
        file.seek(0)
    return _saved(send_file(file, mimetype=FORMATS[form], max_age=0), form)


class Taken:
    """Rows on their way out: counted, and noted in the audit when they end, however they do."""

    def __init__(self, store: Store, account: Any, form: str, wanted: Filter) -> None:
        self._store, self._account, self._form = store, account, form
        self._head = exporting.columns(account.role)
        self._parts = exporting.parts(store, wanted, self._head)
        self._lock, self._open, self._number = threading.Lock(), True, 0
        self.labels = [gettext(one.label) for one in self._head]

    def parts(self) -> Iterator[tables.Part]:
        """Some rows at a time, column by column; those that were handed out are counted."""
        for part in self._parts:
            self._number += len(part[0])
            yield part

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for part in self.parts():
            yield from zip(*part, strict=True)

    def __enter__(self) -> Taken:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def pieces(self) -> Iterable[bytes]:
        """The table as it leaves; whoever takes it closes it."""
        if self._form == "jsonl":
            return _Pieces(self, tables.json_bytes([one.key for one in self._head], self))
        return _Pieces(self, tables.csv_of_parts(self.labels, self.parts(), bom=True))

    def close(self) -> None:
        """Let the next one begin, and note what was taken; once."""
        with self._lock:
            if not self._open:
                return
            self._open = False
        _AT_ONCE.release()
        with self._store.write() as tx:
            audit.record(
                tx, now=self._store.now(tx), actor=self._account.id, act="export.letters",
                count=self._number, format=self._form, columns=self._account.role,
            )  # fmt: skip


class _Pieces:
    """What a server sends piece by piece; it closes it even if it never began."""

    def __init__(self, taken: Taken, pieces: Iterator[bytes]) -> None:
        self._taken, self._pieces = taken, pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Its reader has it all, or has gone."""
        self._taken.close()


def _form(errors: dict[str, str] | None = None) -> str:
    words = searched(request.args.get("search", ""))
    wanted = asked.of_address(request.args, words or "")
    filters = asked.arguments(wanted)
    search = {"search": request.args["search"]} if words else {}
    return render_template(
        "staff/export.html",
        errors=errors or {},
        wanted=wanted,
        filters=filters,
        search=search,
        search_is_lost=words is None,
        columns=[gettext(one.label) for one in exporting.columns(g.account.role)],
        workbook=tables.available(),
        most=MOST_IN_WORKBOOK,
        **choices(services().library.current(), wanted),
    )


def _is_too_long(store: Store, wanted: Filter) -> bool:
    with store.read() as tx:
        return len(listing.every_place(tx, wanted, MOST_IN_WORKBOOK + 1)) > MOST_IN_WORKBOOK


def _saved(response: Response, form: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="letters.{form}"'
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that gathers it all would only delay it
    return response
