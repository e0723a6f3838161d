"""Acts on many letters: chosen by the log's filters, counted before, done by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import accounts, bulk, sendlog
from mailer.bulk import ACTS, Job
from mailer.sendlog import Filter, counted
from mailer.status import State
from mailer.web.services import services
from mailer.web.staff import looks
from mailer.web.staff import wanted as asked
from mailer.web.staff.log import choices
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

SHOWN = 20  # of the acts that were begun last
MOST = 5000  # letters counted one by one; of more it is said that there are more


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
    if act not in ACTS:
        return _form(wanted, {"act": "missing"}), 422
    store = services().store
    found = _counts(wanted)[act]
    with store.write() as tx:
        actor = f"staff:{g.account.id}"
        key = bulk.begin(tx, act, wanted, actor=actor, now=store.now(tx))
        looks.record(tx, "bulk.begin", key, count=found, what=act)
    return redirect(url_for("staff.many_job", job_id=key), 303)


@blueprint.get("/many/<job_id>")
@open_to(*ALL)
def many_job(job_id: str) -> str:
    """Show how far an act is."""
    one = _job(job_id)
    content = services().library.current()
    return render_template(
        "staff/many_job.html",
        job=one,
        who=_who(),
        filters=asked.arguments(one.wanted),
        may_stop=g.account.role in DECIDING,
        **choices(content, one.wanted),
    )


@blueprint.post("/many/<job_id>/stop")
@open_to(*DECIDING)
def many_stop(job_id: str) -> ResponseReturnValue:
    """Let an act end where it is; what it has done stays done."""
    one, store = _job(job_id), services().store
    with store.write() as tx:
        if bulk.stop(tx, one.id, now=store.now(tx)):
            looks.record(tx, "bulk.stop", one.id, what=one.act)
    return redirect(url_for("staff.many_job", job_id=one.id), 303)


def _form(wanted: Filter, errors: Mapping[str, str]) -> str:
    content = services().library.current()
    return render_template(
        "staff/many_new.html",
        wanted=wanted,
        filters=asked.arguments(wanted),
        counts=_counts(wanted),
        most=MOST,
        delivers=services().delivers,
        errors=errors,
        **choices(content, wanted),
    )


def _counts(wanted: Filter) -> dict[str, int]:
    """How many letters each act is for; with more than MOST, perhaps as last counted."""
    store = services().store
    narrowed = wanted.properties or wanted.since is not None
    by_state = {} if narrowed else counted.states(store, wanted).by_state
    needed = {state for act in ACTS.values() for state in act.states(wanted.state)}
    with store.read() as tx:
        for state in needed if narrowed else ():
            found = sendlog.places(tx, replace(wanted, state=state), MOST + 1)
            by_state[State(state)] = len(found.places)
    return {
        name: sum(by_state.get(state, 0) for state in act.states(wanted.state))
        for name, act in ACTS.items()
    }


def _job(job_id: str) -> Job:
    found = bulk.job(services().store, job_id) if job_id.isascii() and job_id.isalnum() else None
    if found is None:
        abort(404)
    return found


def _who() -> dict[str, str]:
    """The addresses of staff by what the ledger notes."""
    return {f"staff:{one.id}": one.email for one in accounts.list_accounts(services().store)}
