"""Erasure: nothing that names somebody stays, nothing of theirs leaves, and the log stays true."""

from __future__ import annotations

import stat
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from mailer import addresses, outbox
from mailer.config import Settings
from mailer.db import Store, schema
from mailer.db.schema import confirmation, consent, letter, letter_event, letter_text, submission
from mailer.errors import FieldError, MailerError, SendError
from mailer.outbox import Event
from mailer.status import Kind, State
from mailer.submissions import accept, erasing, journal, opened, receipt, unsubscribing
from mailer.submissions.erasing import Erased
from mailer.submissions.journal import Erasure, What, Wish
from mailer.transports import Parcel
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter
from tests.fakes import FakeTransport
from tests.test_worker import worker

ANN = "ann@supporter.example"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "erasures.log"


def write(store: Store, **changes: object) -> str:
    """Ann's letters, all her fields filled in; returns her receipt."""
    ann = supporter(
        name="Ann Example", email=ANN, postal_code="K1A 0B1", address="1 Elm Street",
        district="Elmvale", role="student", affiliation="Elm College", personal="My own words.",
    )  # fmt: skip
    token = accept(store, draft(ann, campaign(**changes)))
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
        made = select(submission.c.id).where(submission.c.receipt == token).scalar_subquery()
        values = {"submission": made, "organisation": "union", "wording": "v1", "at": 1.0}
        tx.execute(insert(consent).values(**values))
    return token


def states(store: Store) -> Counter[str]:
    with store.read() as tx:
        return Counter(tx.execute(select(letter.c.state)).scalars())


def everything(store: Store) -> str:
    """All that stands in the database, as one text."""
    with store.read() as tx:
        rows = [tx.execute(select(table)).all() for table in schema.metadata.sorted_tables]
    return repr(rows)


def send_all(store: Store, way: FakeTransport) -> None:
    one = worker(store, way)
    one.drain()
    one.close()


def key_of(store: Store, email: str = ANN) -> str:
    with store.read() as tx:
        return addresses.mailbox_key(email, store.pepper(tx))


NAMES_HER = ("Ann", "ann@", "K1A", "Elm", "My own words", "student")


def test_nothing_that_names_somebody_stays_in_any_table(store: Store, log: Path) -> None:
    token = write(store)
    send_all(store, FakeTransport())
    again = write(store)  # a second one: cancelled, and a mail tells the address
    assert [word for word in NAMES_HER if word not in everything(store)] == []
    erased = erasing.forget(store, ANN, file=log)
    assert [word for word in NAMES_HER if word in everything(store)] == []
    assert (erased.submissions, erased.stopped, erased.under_way) == (2, 1, 0)
    assert len(erased.letters) == 5
    for one in (token, again):
        found = receipt(store, one)
        assert found is not None
        assert found.erased
        assert (found.name, found.email) == ("", "")
        assert {(part.subject, part.salutation, part.body) for part in found.letters} == {
            ("", "", "")
        }


def test_nothing_of_it_stays_in_the_files_of_sqlite(
    sqlite_template: Path, tmp_path: Path, log: Path
) -> None:
    file = tmp_path / "mailer.db"
    file.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{file}")
    write(store)
    written = b"".join(one.read_bytes() for one in tmp_path.glob("mailer.db*"))
    assert ANN.encode() in written
    erasing.forget(store, ANN, file=log)
    left = b"".join(one.read_bytes() for one in tmp_path.glob("mailer.db*"))
    assert [word for word in NAMES_HER if word.encode() in left] == []
    store.close()


def test_the_log_keeps_that_letters_went_and_counts_stay(store: Store, log: Path) -> None:
    token = write(store)
    send_all(store, FakeTransport())
    with store.read() as tx:
        before = tx.execute(select(submission.c.person, submission.c.mailbox)).one()
    erasing.forget(store, ANN, file=log)
    assert states(store) == {"sent": 2}
    found = receipt(store, token)
    assert found is not None
    assert [(one.to_name, one.to_address) for one in found.letters] == [
        ("Minister 1", "minister-1@ministry.example"),
        ("Minister 2", "minister-2@ministry.example"),
    ]
    with store.read() as tx:
        assert tx.execute(select(submission.c.person, submission.c.mailbox)).one() == before
        assert set(tx.execute(select(letter.c.answer)).scalars()) == {"250 2.0.0 queued"}
        assert tx.execute(select(submission.c.erased_at)).scalar() == store.now()


def test_others_are_left_alone(store: Store, log: Path) -> None:
    # The audit's head moves with every act: it is the chain's own end, and nobody's data.
    tables = [one for one in schema.metadata.sorted_tables if one.name != "audit_head"]
    ben = supporter(name="Ben", email="ben@supporter.example")
    accept(store, draft(ben, campaign(confirm=True)))
    accept(store, draft(ben))
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))  # as `write` does with all there are
        before = [tx.execute(select(table)).all() for table in tables]
    write(store, confirm=True)
    erasing.forget(store, ANN, file=log)
    with store.read() as tx:
        after = [tx.execute(select(table)).all() for table in tables]
    for old, new in zip(before, after, strict=True):
        assert {tuple(row) for row in old} <= {tuple(row) for row in new}


@pytest.mark.parametrize("state", ["awaiting", "review", "queued", "claimed", "uncertain"])
def test_what_has_not_left_will_not(store: Store, log: Path, clock: Clock, state: str) -> None:
    write(store)
    with store.write() as tx:
        lease = {"lease_until": clock.now + 60, "worker": "w"} if state == "claimed" else {}
        tx.execute(update(letter).values(state=state, **lease))
    erased = erasing.forget(store, ANN, file=log)
    doubted = 2 if state == "uncertain" else 0
    assert (erased.stopped, erased.under_way) == (2 - doubted, doubted)
    assert states(store) == {"cancelled": 2}
    clock.pass_(86400)
    with store.write() as tx:
        outbox.reap(tx, now=clock.now)
    send_all(store, way := FakeTransport())
    assert way.accepted == []
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.reason)).scalars()) == {"erased"}


def test_who_was_stopped_may_write_again_and_who_has_written_may_not(
    store: Store, log: Path
) -> None:
    write(store)
    erasing.forget(store, ANN, file=log)
    write(store)
    send_all(store, FakeTransport())
    assert states(store) == {"cancelled": 2, "sent": 2}
    erasing.forget(store, ANN, file=log)
    write(store)
    with store.read() as tx:
        kinds = tx.execute(select(letter.c.kind, letter.c.state)).all()
    assert Counter(kinds)[(Kind.LETTER, State.SENT)] == 2
    assert Counter(kinds)[(Kind.LETTER, State.CANCELLED)] == 4


def test_an_unconfirmed_form_cannot_be_confirmed_any_more(store: Store, log: Path) -> None:
    write(store, confirm=True)
    with store.read() as tx:
        link = tx.execute(select(confirmation.c.token)).scalar_one()
    assert opened(store, link)
    erasing.forget(store, ANN, file=log)
    assert opened(store, link) is None


def test_what_a_worker_holds_is_given_up_at_its_fence(store: Store, log: Path) -> None:
    way, done = FakeTransport(), []

    def forget(parcel: Parcel) -> None:
        if not done:
            done.append(erasing.forget(store, ANN, file=log))

    way.on_stage = forget
    write(store)
    send_all(store, way)
    assert way.accepted == []
    assert states(store) == {"cancelled": 2}


def test_what_a_server_has_in_hand_is_settled_by_its_answer(store: Store, log: Path) -> None:
    way, done = FakeTransport(), []

    def forget(parcel: Parcel) -> None:
        if not done:
            done.append(erasing.forget(store, ANN, file=log))

    way.on_commit = forget
    write(store)
    one = worker(store, way, connections=1)
    one.drain()
    one.close()
    assert len(way.accepted) == 1
    assert states(store) == {"sent": 1, "cancelled": 1}
    assert (done[0].stopped, done[0].under_way) == (1, 1)


@pytest.mark.parametrize("heard", [True, False], ids=["later", "silence"])
def test_what_a_server_refuses_for_now_is_not_tried_again(
    store: Store, log: Path, clock: Clock, heard: bool
) -> None:
    way = FakeTransport()

    def forget(parcel: Parcel) -> None:
        erasing.forget(store, ANN, file=log)
        raise SendError("later", code="451", maybe_accepted=not heard)

    way.on_commit = forget
    write(store)
    one = worker(store, way, connections=1)
    one.drain()
    one.close()
    way.on_commit = lambda _: None
    clock.pass_(30 * 86400)
    with store.write() as tx:
        outbox.reap(tx, now=clock.now)
    send_all(store, way)
    assert way.accepted == []
    assert states(store) == {"uncertain": 1, "cancelled": 1}


def test_what_servers_said_of_her_is_taken_out(store: Store, log: Path, clock: Clock) -> None:
    write(store, confirm=True)
    said = f"550 5.1.1 <{ANN.upper()}> no such user, said relay"
    with store.write() as tx:
        ids = tx.execute(select(letter.c.id, letter.c.kind)).all()
        for row in ids:
            event = Event(now=clock.now, actor="worker", note=said, transport="smtp:relay")
            outbox.moves.record(tx, [row.id], State.QUEUED, event)
        tx.execute(update(letter).values(answer=said))
    erasing.forget(store, ANN, file=log)
    with store.read() as tx:
        rows = tx.execute(
            select(letter.c.kind, letter.c.answer, letter_event.c.note)
            .join(letter_event, letter_event.c.letter == letter.c.id)
            .where(letter_event.c.transport != "")
        ).all()
        addressed = tx.execute(
            select(letter_text.c.to_address).join(letter, letter.c.id == letter_text.c.letter)
            .where(letter.c.kind == Kind.CONFIRMATION)
        ).scalar_one()  # fmt: skip
    redacted = "550 5.1.1 <(erased)> no such user, said relay"
    assert set(rows) == {
        (Kind.LETTER, redacted, redacted), (Kind.CONFIRMATION, "", ""),
    }  # fmt: skip
    assert addressed == ""


def test_who_is_unknown_leaves_no_note(store: Store, log: Path) -> None:
    assert erasing.forget(store, "nobody@supporter.example", file=log) == Erased()
    assert journal.read(log) is None
    write(store)
    erasing.forget(store, ANN.upper(), file=log)
    assert erasing.forget(store, ANN, file=log) == Erased()
    with pytest.raises(FieldError):
        erasing.forget(store, "ann", file=log)


def test_without_a_journal_nothing_is_erased(store: Store, tmp_path: Path) -> None:
    write(store)
    (tmp_path / "file").touch()
    before = everything(store)
    with pytest.raises(
        MailerError, match=r"journal of erasures .* cannot be written.*MAILER_JOURNAL"
    ):
        erasing.forget(store, ANN, file=tmp_path / "file" / "erasures.log")
    assert everything(store) == before


# --- the journal -------------------------------------------------------------------------------


def test_the_journal_holds_moments_and_hashes_and_no_address(store: Store, log: Path) -> None:
    write(store)
    erasing.forget(store, ANN, file=log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert log.read_text() == f"{store.now()!r} {key_of(store)}\n"
    assert journal.read(log) == journal.Noted(
        erasures=(Erasure(at=store.now(), mailbox=key_of(store)),)
    )


def test_a_line_that_a_crash_cut_off_spoils_no_other(log: Path) -> None:
    one = Erasure(at=1_800_000_000.25, mailbox="a" * 40)
    two = Erasure(at=1_800_000_001.0, mailbox="b" * 40)
    journal.note(log, one)
    with log.open("a") as out:
        out.write("1800000000.5 cccc")
    journal.note(log, two)
    assert journal.read(log) == journal.Noted(erasures=(one, two), unreadable=1)


def test_no_wish_that_a_crash_cut_off_becomes_an_erasure(log: Path) -> None:
    wish = Wish(at=1_800_000_000.25, mailbox="a" * 40, what=What.NOT_ME)
    journal.note_wish(log, wish)
    assert journal.read(log) == journal.Noted(wishes=(wish,))
    whole = log.read_text()
    for length in range(len(whole) - 1):
        log.write_text(whole[:length] + "\n")
        assert journal.read(log) == journal.Noted(unreadable=1)


def test_a_wish_counts_where_it_cannot_be_noted(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    unsubscribing.unsubscribe(store, "a" * 40, file=tmp_path / "file" / "erasures.log")
    assert unsubscribing.why_ended(store, "a" * 40)


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailerError, match="cannot be read"):
        journal.read(tmp_path)


def test_an_erasure_repeated_takes_only_what_was_there_then(
    store: Store, log: Path, clock: Clock
) -> None:
    then = Erasure(at=clock.now, mailbox=key_of(store))
    clock.pass_(60)
    write(store)
    with store.write() as tx:
        assert erasing.replay(tx, [then], now=clock.now) == 0
        later = Erasure(at=clock.now, mailbox=key_of(store))
        assert erasing.replay(tx, [later, later], now=clock.now) == 1
    assert states(store) == {"cancelled": 2}


def test_the_pages_of_somebody_erased_still_open(settings: Settings, sqlite_template: Path) -> None:
    database = settings.var / "mailer.db"
    database.parent.mkdir()
    database.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{database}")
    token = write(store)
    erasing.forget(store, ANN, file=settings.path(settings.journal))
    store.close()
    shown = create_app(settings).test_client().get(f"/receipt/{token}")
    assert shown.status_code == 200
    assert [word for word in NAMES_HER if word in shown.text] == []
