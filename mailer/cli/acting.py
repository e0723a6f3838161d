"""`mailer log act`, `acts`, `stop`, `undo`: what is done to one letter, or to all that match."""

from __future__ import annotations

import click

from mailer import audit, bulk, sendlog, transports
from mailer.bulk import ACTS, FINAL, Job
from mailer.cli import base
from mailer.cli.log import filters_of, moment, wanted
from mailer.cli.paused import count
from mailer.cli.progress import showing
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import MailerError
from mailer.sendlog import Filter
from mailer.status import State

ACTOR = f"staff:{audit.COMMAND}"
SHOWN = 20  # of the acts that were begun last

NAMES = {
    "release": "let held letters leave",
    "hold": "hold letters that wait to leave",
    "resend": "send again what failed or is in doubt",
    "arrived": "count letters in doubt as sent",
    "give-up": "give up letters in doubt",
    "answered": "note that the office has answered",
    "cancel": "cancel letters that have not left",
}

# As the pages' audit calls it when one letter is decided on.
_DECIDED = {"release": "leave", "resend": "send-again"}


@click.command("act")
@click.argument("act", metavar="ACT", type=click.Choice(tuple(ACTS)))
@filters_of
@click.option("--letter", "letter_id", metavar="ID", default="", help="Only this letter.")
@click.option("--yes", is_flag=True, help="Do it without asking, for scripts.")
def act_on_letters(act: str, letter_id: str, yes: bool, **filters: str | None) -> None:
    """Do ACT to all letters that match, or to one: count, ask, do it, note it in the audit.

    ACT is release, hold, resend, arrived, give-up, answered or cancel. It is done here, in small
    parts; when this command is stopped, a worker goes on. `mailer log undo` takes a release, a hold
    or a resend back as far as it can be.

    \b
    Examples:
      mailer log act hold --campaign proctoring --official romano
      mailer log act resend --state failed --yes
      mailer log act release --letter 7r0c...
    """
    settings = base.settings()
    with base.database(settings) as store:
        if letter_id:
            _one(store, act, letter_id, delivers=_delivers(settings))
            return
        chosen = wanted(filters)
        if chosen.query:
            raise click.UsageError("an act is chosen by filters: --query finds, it does not act")
        found = _count(store, act, chosen)
        if not found:
            base.say("No letter is in a state that this is for.")
            return
        if not yes:
            final = " This cannot be undone." if act in FINAL else ""
            question = f"{NAMES[act].capitalize()}: {count(found, 'letter')}.{final} Do it?"
            click.confirm(question, abort=True, err=True)
        with store.write() as tx:
            now = store.now(tx)
            job_id = bulk.begin(tx, act, chosen, actor=ACTOR, now=now)
            audit.record(
                tx, now=now, actor=audit.COMMAND, act="bulk.begin", subject=job_id, count=found,
                what=act,
            )  # fmt: skip
        _finish(store, job_id, delivers=_delivers(settings))


@click.command("acts")
@base.json_option
def list_acts(as_json: bool) -> None:
    """The acts on many letters that were begun last, newest first.

    \b
    Example:
      mailer log acts
    """
    with base.database(base.settings()) as store:
        found = bulk.jobs(store, SHOWN)
    if as_json:
        base.print_json([_plain(one) for one in found])
    elif found:
        base.print_table([_line(one) for one in found])
    else:
        base.say("Nobody has begun one yet.")


@click.command("stop")
@click.argument("job_id", metavar="ID")
def stop_act(job_id: str) -> None:
    """Let an act on many letters end where it is; IDs are in `mailer log acts`.

    \b
    Example:
      mailer log stop 7r0c...
    """
    with base.database(base.settings()) as store:
        one = _job(store, job_id)
        with store.write() as tx:
            now = store.now(tx)
            done = bulk.stop(tx, one.id, now=now)
            if done:
                audit.record(
                    tx, now=now, actor=audit.COMMAND, act="bulk.stop", subject=one.id, what=one.act
                )
    base.say("Stopped: what it had done stays done." if done else "It had ended before.")


@click.command("undo")
@click.argument("job_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do it without asking, for scripts.")
def undo_act(job_id: str, yes: bool) -> None:
    """Take an act back where letters still stand as it left them; IDs are in `mailer log acts`.

    What was held leaves again; what was let go or sent again is held before it leaves.

    \b
    Example:
      mailer log undo 7r0c...
    """
    settings = base.settings()
    with base.database(settings) as store:
        one = _job(store, job_id)
        with store.read() as tx:
            before, found = bulk.undone_by(tx, one.id), bulk.undoable(tx, one)
        if one.state == "running" or not bulk.may_undo(one) or before or not found:
            raise MailerError(
                "nothing of it can be taken back: `mailer log acts` shows where it is"
            )
        if not yes:
            many = f"more than {bulk.MOST:,} letters" if found > bulk.MOST else count(
                found, "letter")  # fmt: skip
            click.confirm(f"Take it back at {many}?", abort=True, err=True)
        with store.write() as tx:
            now = store.now(tx)
            key = bulk.undo(tx, one.id, actor=ACTOR, now=now) or ""
            audit.record(
                tx, now=now, actor=audit.COMMAND, act="bulk.undo", subject=key, count=found,
                of=one.id,
            )  # fmt: skip
        _finish(store, key, delivers=_delivers(settings))


def _one(store: Store, act: str, letter_id: str, *, delivers: bool) -> None:
    page = sendlog.letter_page(store, letter_id)
    if page is None:
        raise MailerError(f"there is no letter {letter_id}: see `mailer log list`")
    state = page.row.state
    if state not in ACTS[act].by_state:
        raise MailerError(f"it is {state}: `{act}` is for {_states(act)}")
    with store.write() as tx:
        now = store.now(tx)
        done = bulk.do(
            tx, ACTS[act], state, [letter_id], actor=ACTOR, now=now, cleared=delivers
        )  # fmt: skip
        if done:
            name = "try-again" if state is State.FAILED and act == "resend" else act
            audit.record(
                tx, now=now, actor=audit.COMMAND, act=f"letter.{_DECIDED.get(name, name)}",
                subject=letter_id,
            )  # fmt: skip
    if not done:
        raise MailerError("nothing was changed: it has gone on meanwhile, or may not leave")
    base.say(f"Done: {NAMES[act]}.")


def _states(act: str) -> str:
    return " or ".join(state.value for state in ACTS[act].by_state)


def _count(store: Store, act: str, chosen: Filter) -> int:
    with store.read() as tx:
        return sum(
            sendlog.count(tx, sendlog.in_state(chosen, state))
            for state in ACTS[act].states(chosen.state)
        )


def _finish(store: Store, job_id: str, *, delivers: bool) -> None:
    """Do it here, part by part; a worker may do some of them."""
    with showing() as progress:
        one = _job(store, job_id)
        while one.state == "running" and bulk.step(store, delivers=delivers):
            one = _job(store, job_id)
            progress("letters", one.looked_at, one.total or 0)
    base.say(f"{count(one.changed, 'letter')} changed.")
    if one.looked_at > one.changed:
        left = count(one.looked_at - one.changed, "letter")
        base.say(f"  {left} left alone: elsewhere by then, or may not leave")
    if bulk.may_undo(one):
        base.say(f"Take it back with: mailer log undo {one.id}")


def _job(store: Store, job_id: str) -> Job:
    found = bulk.job(store, job_id)
    if found is None:
        raise MailerError(f"there is no act {job_id}: see `mailer log acts`")
    return found


def _delivers(settings: Settings) -> bool:
    return any(way.delivers for way in transports.from_urls(settings.transports, settings.home))


def _line(one: Job) -> tuple[str, ...]:
    done = f"{one.changed:,} changed"
    return one.id, moment(one.created_at), one.state, one.act, done, one.actor


def _plain(one: Job) -> dict[str, object]:
    return {
        "id": one.id, "act": one.act, "state": one.state, "actor": one.actor,
        "created_at": moment(one.created_at),
        "finished_at": moment(one.finished_at) if one.finished_at else None,
        "total": one.total, "looked_at": one.looked_at, "changed": one.changed,
        "undoes": one.undoes,
    }  # fmt: skip
