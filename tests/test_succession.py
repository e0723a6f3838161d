"""Offices that change hands mid-campaign: held, seen, and addressed to whoever followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from mailer import approvals, outbox, submissions
from mailer.approvals import Edition
from mailer.campaigns.library import Content, read_content
from mailer.campaigns.recipients import recipients
from mailer.db import Store
from mailer.db.schema import confirmation, letter, letter_event, letter_text
from mailer.submissions import Draft, accept, confirm, readdressing, succession
from mailer.submissions.succession import CHANGED, UNWANTED
from tests.conftest import Clock
from tests.factories import SENDER, supporter

POSTS = """\
posts:
  - id: exams
    title: Minister of Exams
    email: exams@ministry.example
  - id: work
    title: Minister of Work
    email: work@ministry.example
officials:
  - id: north
    name: Nora North
    salutation: Minister North
    district: Northern Bay
    holds:
      - post: exams{until}
  - id: south
    name: Sam South
    salutation: Minister South
    holds:
      - post: work
{more}"""
EAST = """\
  - id: east
    name: Eva East
    salutation: Minister East
    email: eva.east@parliament.example
    holds:
      - post: exams
        from: {begins}
"""
LETTER = """\
+++
title = "Quiet exams"
status = "live"
to = ["exams", "work"]
confirm = {confirm}
salutation = "Dear {{{{ official.salutation }}}},"
+++
{body}
"""
BODY = "Let exams be quiet. {{ supporter.personal }}"


def files(until: str = "", begins: str = "", *, body: str = BODY, confirm: bool = False) -> Content:
    """A home: an office whose holder leaves on a day, and who follows."""
    ends = f"\n        until: {until}" if until else ""
    more = EAST.format(begins=begins) if begins else ""
    text = LETTER.format(body=body, confirm=str(confirm).lower())
    return read_content(
        {
            "officials.yaml": POSTS.format(until=ends, more=more),
            "templates/letters/quiet.md": text,
        }
    )


def day(clock: Clock, days: int = 0) -> str:
    return date.fromordinal(datetime.fromtimestamp(clock.now, UTC).toordinal() + days).isoformat()


def draft(content: Content, clock: Clock, who: str = "ann", **changes: Any) -> Draft:
    """What somebody approved on the preview of today."""
    about = content.campaigns["quiet"]
    to = recipients(about, content.officials, about.today(clock.now))
    by = supporter(email=f"{who}@supporter.example", **changes)
    letters = submissions.prepare(about, to, by, url="https://x.example/quiet/", trial_to="")
    return Draft(
        id=submissions.new_id(), edition=Edition(campaign=about, officials=content.officials),
        supporter=by, letters=letters, recipients=to, sender=SENDER,
    )  # fmt: skip


def states(store: Store) -> dict[str, list[tuple[str, str]]]:
    """State and reason of each letter, by official."""
    columns = select(letter.c.official, letter.c.state, letter.c.reason).where(
        letter.c.kind == "letter"
    )
    found: dict[str, list[tuple[str, str]]] = {}
    with store.read() as tx:
        for row in tx.execute(columns.order_by(letter.c.official, letter.c.id)):
            found.setdefault(row.official, []).append((row.state, row.reason))
    return found


def said(store: Store, official: str) -> tuple[str, str, str, str]:
    """How the one letter to an official is addressed, and what it says."""
    text = letter_text.c
    columns = select(text.to_name, text.to_address, text.salutation, text.body)
    joined = columns.join(letter, letter.c.id == text.letter).where(letter.c.official == official)
    with store.read() as tx:
        return tuple(tx.execute(joined).one())


def one(store: Store, content: Content) -> succession.Succession:
    (found,) = readdressing.waiting(store, content, approval_needed=False)
    return found


def test_letters_to_who_left_are_held_and_the_others_go_on(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock))
    assert succession.watch(store, files()) == (0, 0)
    left = files(day(clock, -1))
    assert succession.watch(store, left) == (1, 0)
    assert states(store) == {"north": [("review", CHANGED)], "south": [("queued", "")]}
    assert succession.watch(store, left) == (0, 0)
    found = one(store, left)
    assert (found.successor, found.held, found.ready) == (None, 1, 0)


def test_the_last_day_passes_by_the_clock_alone(store: Store, clock: Clock) -> None:
    content = files(day(clock), day(clock, 1))
    accept(store, draft(content, clock))
    assert succession.watch(store, content, thorough=False) == (0, 0)
    clock.pass_(86400)
    assert succession.watch(store, content, thorough=False) == (1, 0)


def test_the_successor_gets_them_when_staff_say_so(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock, personal="My own words."))
    before = said(store, "north")
    after = files(day(clock, -1), day(clock))
    succession.watch(store, after)
    found = one(store, after)
    assert (found.held, found.ready, found.naming) == (1, 1, 0)
    assert found.successor is not None
    assert (found.before, found.after) == ("Dear Minister North,", "Dear Minister East,")
    clock.pass_(5)
    done = readdressing.readdress(store, after, found, actor="staff:x", approval_needed=False)
    assert done == 1
    assert states(store)["east"] == [("queued", "")]
    name, address, salutation, body = said(store, "east")
    assert (name, address) == ("Eva East", "exams@ministry.example")
    assert salutation == "Dear Minister East,"
    assert body == before[3]
    with store.read() as tx:
        row = tx.execute(select(letter).where(letter.c.official == "east")).one()
        notes = list(
            tx.execute(select(letter_event.c.note).where(letter_event.c.letter == row.id)).scalars()
        )
    assert row.queue == "quiet east mailbox:exams@ministry.example"
    assert row.due_at == clock.now
    assert {CHANGED, readdressing.NOTE} <= set(notes)
    assert succession.watch(store, after) == (0, 0)
    assert readdressing.waiting(store, after, approval_needed=False) == ()


def test_only_some_are_looked_at_when_somebody_waits(store: Store, clock: Clock) -> None:
    for who in ("ann", "bea", "cyd"):
        accept(store, draft(files(), clock, who))
    after = files(day(clock, -1), day(clock))
    succession.watch(store, after)
    for most, looked in ((0, 0), (2, 2), (9, 3), (None, 3)):
        (found,) = readdressing.waiting(store, after, approval_needed=False, most=most)
        assert (found.held, found.looked, found.ready) == (3, looked, looked)
        assert found.successor is not None
    assert succession.held(store) == {"quiet": 3}
    assert readdressing.waiting(store, after, campaign="other", approval_needed=False) == ()


@pytest.mark.parametrize(
    ("body", "personal"),
    [
        ("I wrote to you, Nora North, before. {{ supporter.personal }}", ""),
        (BODY, "Madam NORTH, hear us."),
        (BODY, "People of northern bay are tired."),
    ],
)
def test_a_letter_that_names_who_left_stays_held(
    store: Store, clock: Clock, body: str, personal: str
) -> None:
    accept(store, draft(files(body=body), clock, personal=personal))
    after = files(day(clock, -1), day(clock), body=body)
    succession.watch(store, after)
    found = one(store, after)
    assert (found.ready, found.naming) == (0, 1)
    assert readdressing.readdress(store, after, found, actor="x", approval_needed=False) == 0
    assert states(store)["north"] == [("review", CHANGED)]


def test_one_that_may_have_arrived_stays_held(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock))
    with store.write() as tx:
        tx.execute(update(letter).values(possibly_twice=True))
    after = files(day(clock, -1), day(clock))
    succession.watch(store, after)
    assert (one(store, after).doubtful, one(store, after).ready) == (1, 0)


def test_the_successor_gets_one_letter_of_a_person(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock))
    after = files(day(clock, -1), day(clock))
    succession.watch(store, after)
    accept(store, draft(after, clock))
    found = one(store, after)
    assert (found.doubled, found.ready) == (1, 0)
    assert readdressing.readdress(store, after, found, actor="x", approval_needed=False) == 0
    assert states(store)["east"] == [("queued", "")]


def test_what_was_let_leave_all_the_same_does(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock))
    left = files(day(clock, -1))
    succession.watch(store, left)
    with store.write() as tx:
        held = tx.execute(select(letter.c.id).where(letter.c.official == "north")).scalar_one()
        assert outbox.let_leave(tx, held, actor="staff:x", now=clock.now)
    assert succession.watch(store, left) == (0, 0)
    assert states(store)["north"] == [("queued", "")]


def test_a_wrong_date_taken_back_lets_them_leave(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock))
    succession.watch(store, files(day(clock, -1)))
    assert succession.watch(store, files(day(clock, 9))) == (0, 1)
    assert states(store)["north"] == [("queued", "")]
    assert succession.watch(store, files(day(clock, -1))) == (1, 0)


def test_who_left_the_file_or_wants_no_mail_gets_none(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock))
    text = dict(files().files)
    text["officials.yaml"] = text["officials.yaml"].replace(
        "name: Sam South", "name: Sam South\n    do_not_mail: true"
    )
    assert succession.watch(store, read_content(text)) == (1, 0)
    assert states(store)["south"] == [("review", UNWANTED)]


@pytest.mark.parametrize("broken", ["posts: [", "", "officials: 7", "\x00"])
def test_a_broken_file_takes_nobodys_office_away(store: Store, clock: Clock, broken: str) -> None:
    accept(store, draft(files(), clock))
    text = dict(files().files) | {"officials.yaml": broken}
    assert succession.watch(store, read_content(text)) == (0, 0)


def test_an_unconfirmed_letter_is_held_once_it_is_confirmed(store: Store, clock: Clock) -> None:
    content = files(confirm=True)
    made = draft(content, clock)
    accept(store, made)
    succession.watch(store, files(day(clock, -1), confirm=True))
    assert states(store)["north"] == [("awaiting", CHANGED)]
    with store.read() as tx:
        token = tx.execute(select(confirmation.c.token)).scalar_one()
    confirm(store, token, made.id, sender=SENDER)
    assert states(store) == {"north": [("review", CHANGED)], "south": [("queued", "")]}


def test_trials_are_nobodys(store: Store, clock: Clock) -> None:
    accept(store, draft(files(), clock))
    with store.write() as tx:
        tx.execute(update(letter).values(person=None))
    assert succession.watch(store, files(day(clock, -1))) == (0, 0)


def test_with_real_sending_the_successor_must_be_approved(store: Store, clock: Clock) -> None:
    before, after = files(), files(day(clock, -1), day(clock))
    approvals.approve(store, before, "quiet", actor="test")
    shown = approvals.edition(store, after, "quiet", approval_needed=True)
    assert shown is not None
    made = replace(draft(before, clock), edition=shown)
    made = replace(made, left=succession.changed(after, shown, made.letters, clock.now))
    assert made.left == {"north"}
    accept(store, made)
    assert states(store) == {"north": [("review", CHANGED)], "south": [("queued", "")]}
    (found,) = readdressing.waiting(store, after, approval_needed=True)
    assert found.successor is None
    approvals.approve(store, after, "quiet", actor="test")
    (found,) = readdressing.waiting(store, after, approval_needed=True)
    assert found.ready == 1
    assert readdressing.readdress(store, after, found, actor="x", approval_needed=True) == 1


def test_the_receipt_says_who_gets_it_now(store: Store, clock: Clock) -> None:
    token = accept(store, draft(files(), clock))
    after = files(day(clock, -1), day(clock))
    succession.watch(store, after)
    readdressing.readdress(store, after, one(store, after), actor="x", approval_needed=False)
    shown = submissions.receipt(store, token)
    assert shown is not None
    assert {(each.to_name, each.former) for each in shown.letters} == {
        ("Eva East", "north"), ("Sam South", "")
    }  # fmt: skip


def test_many_are_addressed_in_parts(store: Store, clock: Clock) -> None:
    content, many = files(), 5
    for number in range(many):
        accept(store, draft(content, clock, f"s{number}"))
    after = files(day(clock, -1), day(clock))
    assert succession.watch(store, after) == (many, 0)
    found = one(store, after)
    assert found.ready == many
    done = readdressing.readdress(store, after, found, actor="x", approval_needed=False, most=2)
    assert done == many
    assert states(store)["east"] == [("queued", "")] * many
