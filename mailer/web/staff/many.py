"""Acts on many letters: chosen by the log's filters, counted before, done by the worker."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import accounts, audit, bulk
from mailer.bulk import ACTS, FINAL, Job
from mailer.sendlog import Filter, counted
from mailer.web.i18n import gettext
from mailer.web.services import services
from mailer.web.staff import looks
from mailer.web.staff import wanted as asked
from mailer.web.staff.log import choices
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

SHOWN = 20  # of the acts that were begun last
MOST = 5000  # letters counted one by one; of more it is said that there may be more


@blueprint.get("/many/")
@open_to(*ALL)
def many_list() -> str:
    """List the acts on many letters that were begun last."""
    return render_template("staff/many.html", jobs=bulk.jobs(services().store, SHOWN), who=_who())


@blueprint.get("/many/new")
@open_to(*DECIDING)
def many_form() -> str:
    """Ask what to do to all letters that match, each with how many there are."""
    return _form(asked.of_address(request.args), {})


@blueprint.post("/many/new")
@open_to(*DECIDING)
def many_begin() -> ResponseReturnValue:
    """Begin: the worker does it, and the page that follows tells how far it is."""
    wanted, act = asked.of_address(request.args), request.form.get("act", "")
    errors = _against(act)
    if errors:
        return _form(wanted, errors, act), 422
    store, found = services().store, _counts(wanted)[0][act]
    with store.write() as tx:
        now = store.now(tx)
        key = bulk.begin(tx, act, wanted, actor=f"staff:{g.account.id}", now=now)
        looks.record(tx, "bulk.begin", key, count=found, what=act)
    return redirect(url_for("staff.many_job", job_id=key), 303)


def _against(act: str) -> dict[str, str]:
    """What keeps an act from being begun: none was chosen, or it is final and not meant."""
    if act not in ACTS:
        return {"act": "missing"}
    return {"sure": "missing"} if act in FINAL and not request.form.get("sure") else {}


@blueprint.get("/many/<job_id>")
@open_to(*ALL)
def many_job(job_id: str) -> str:
    """Show how far an act is."""
    one, work = _job(job_id), services()
    content = work.library.current()
    with work.store.read() as tx:
        undone = bulk.undone_by(tx, one.id)
        may_undo = one.state != "running" and not undone and bulk.may_undo(one)
        undoable = bulk.undoable(tx, one) if may_undo else 0
    return render_template(
        "staff/many_job.html",
        job=one,
        undone=undone,
        undoable=undoable,
        most=bulk.MOST,
        who=_who(),
        filters=asked.arguments(one.wanted),
        may_stop=g.account.role in DECIDING,
        **choices(content, one.wanted),
    )


@blueprint.post("/many/<job_id>/undo")
@open_to(*DECIDING)
def many_undo(job_id: str) -> ResponseReturnValue:
    """Take an act back, as far as its letters still stand as it left them."""
    one, store = _job(job_id), services().store
    with store.write() as tx:
        now = store.now(tx)
        before, found = bulk.undone_by(tx, one.id), bulk.undoable(tx, one)
        key = bulk.undo(tx, one.id, actor=f"staff:{g.account.id}", now=now)
        if key and not before:
            looks.record(tx, "bulk.undo", key, count=found, of=one.id)
    return redirect(url_for("staff.many_job", job_id=key or one.id), 303)


@blueprint.post("/many/<job_id>/stop")
@open_to(*DECIDING)
def many_stop(job_id: str) -> ResponseReturnValue:
    """Let an act end where it is; what it has done stays done."""
    one, store = _job(job_id), services().store
    with store.write() as tx:
        if bulk.stop(tx, one.id, now=store.now(tx)):
            looks.record(tx, "bulk.stop", one.id, what=one.act)
    return redirect(url_for("staff.many_job", job_id=one.id), 303)


def _form(wanted: Filter, errors: Mapping[str, str], act: str = "") -> str:
    content, (counts, whole) = services().library.current(), _counts(wanted)
    return render_template(
        "staff/many_new.html",
        wanted=wanted,
        filters=asked.arguments(wanted),
        counts=counts,
        whole=whole,
        act=act,
        final=FINAL,
        delivers=services().delivers,
        errors=errors,
        **choices(content, wanted),
    )


def _counts(wanted: Filter) -> tuple[dict[str, int], bool]:
    """How many letters each act is for; False when there may be more than were counted."""
    store = services().store
    if wanted.properties or wanted.since is not None:
        found = counted.narrow(store, wanted, MOST)
    else:
        found = counted.states(store, wanted)
    by_act = {
        name: sum(found.by_state.get(state, 0) for state in act.states(wanted.state))
        for name, act in ACTS.items()
    }
    return by_act, found.whole


def _job(job_id: str) -> Job:
    found = bulk.job(services().store, job_id) if job_id.isascii() and job_id.isalnum() else None
    if found is None:
        abort(404)
    return found


def _who() -> dict[str, str]:
    """The addresses of staff by what the ledger notes."""
    by_hand = {f"staff:{audit.COMMAND}": gettext("on the command line")}
    known = accounts.list_accounts(services().store)
    return by_hand | {f"staff:{one.id}": one.email for one in known}
