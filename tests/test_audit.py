"""The audit: a chain that grows only at its end, and what tells that it was tampered with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from mailer import audit
from mailer.audit import Fault, Wanted, What, heads
from mailer.audit.heads import Head
from mailer.audit.recording import sealed
from mailer.db import Store
from mailer.db.schema import audit_entry, audit_head
from tests.conftest import Clock

KEYS = ("k" * 40,)


def fill(store: Store, many: int) -> None:
    for number in range(1, many + 1):
        with store.write() as tx:
            audit.record(
                tx, now=store.now(tx), actor="command", act="letter.look",
                subject=f"letter{number}", count=number, why="tést", n=number,
            )  # fmt: skip


def change(store: Store, where: int, **values: object) -> None:
    with store.write() as tx:
        tx.execute(update(audit_entry).where(audit_entry.c.number == where).values(**values))


def faults(store: Store, *noted: Head) -> list[tuple[str, int, int]]:
    found = audit.verify(store, noted)
    assert found.wrong == len(found.faults)
    return [(str(one.what), one.first, one.last) for one in found.faults]


def test_a_chain_as_it_was_written_is_whole(store: Store) -> None:
    assert audit.verify(store).head == Head(number=0, hash="")
    fill(store, 7)
    found = audit.verify(store)
    assert (found.entries, found.head.number, found.faults) == (7, 7, ())
    with store.read() as tx:
        assert audit.standing(tx) == found.head


def test_what_was_not_committed_is_not_in_it(store: Store) -> None:
    fill(store, 2)
    with store.engine.connect() as tx:
        audit.record(tx, now=1.0, actor="command", act="x")
        tx.rollback()
    fill(store, 1)
    assert audit.verify(store).entries == 3
    assert not faults(store)


def test_several_writing_at_once_make_one_chain(store: Store, database_url: str) -> None:
    stores = [Store(database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, stores, [15] * 4))
    for one in stores:
        one.close()
    assert audit.verify(store).entries == 60
    assert not faults(store)


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "another"}, {"act": "letter.release"}, {"subject": ""}, {"count": None},
        {"count": 4}, {"details": ""}, {"at": 1_800_000_001.0}, {"previous": "0" * 64},
        {"hash": "0" * 64},
    ],
)  # fmt: skip
def test_an_edit_is_found(store: Store, values: dict[str, object]) -> None:
    fill(store, 5)
    change(store, 3, **values)
    assert faults(store)[0] == ("changed", 3, 3)


def test_an_edit_with_a_fitting_seal_breaks_the_next_link(store: Store) -> None:
    fill(store, 5)
    with store.read() as tx:
        row = tx.execute(audit_entry.select().where(audit_entry.c.number == 3)).one()
    entry = {**row._mapping, "actor": "somebody else"}
    entry.pop("hash")
    change(store, 3, actor="somebody else", hash=sealed(entry))
    assert faults(store) == [("broken", 4, 4)]


def test_entries_taken_out_of_the_middle_are_missed(store: Store) -> None:
    fill(store, 7)
    with store.write() as tx:
        tx.execute(delete(audit_entry).where(audit_entry.c.number.in_([1, 4, 5])))
    assert faults(store) == [("missing", 1, 1), ("missing", 4, 5)]


def test_a_swap_is_found(store: Store) -> None:
    fill(store, 5)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        change(store, old, number=new)
    assert ("changed", 2, 2) in faults(store)
    assert ("changed", 3, 3) in faults(store)


def test_a_gap_that_was_closed_by_counting_anew_is_found(store: Store) -> None:
    fill(store, 5)
    with store.write() as tx:
        tx.execute(delete(audit_entry).where(audit_entry.c.number == 3))
    for number in (4, 5):
        change(store, number, number=number - 1)
    assert ("changed", 3, 3) in faults(store)


def test_an_end_cut_off_is_missed(store: Store) -> None:
    fill(store, 5)
    with store.write() as tx:
        tx.execute(delete(audit_entry).where(audit_entry.c.number > 3))
    assert faults(store) == [("cut off", 4, 5)]
    with store.write() as tx:
        tx.execute(delete(audit_entry))
    assert faults(store) == [("cut off", 1, 5)]


def cut_off_with_its_head(store: Store, last: int) -> None:
    """As somebody does who knows the tables."""
    with store.write() as tx:
        tx.execute(delete(audit_entry).where(audit_entry.c.number > last))
        kept = tx.execute(audit_entry.select().where(audit_entry.c.number == last)).one()
        tx.execute(update(audit_head).values(number=last, hash=kept.hash))


def test_a_head_noted_elsewhere_finds_what_was_written_anew(store: Store) -> None:
    fill(store, 5)
    with store.read() as tx:
        noted = audit.standing(tx)
    cut_off_with_its_head(store, 3)
    assert not faults(store), "the database alone cannot tell"
    assert faults(store, noted) == [("cut off", 4, 5)]
    fill(store, 4)
    assert not faults(store)
    assert faults(store, noted) == [("replaced", 5, 5)]


def test_heads_are_kept_in_a_file_that_only_the_key_writes(tmp_path: Path) -> None:
    file = heads.file_beside(tmp_path / "var" / "erasures.log")
    assert heads.read(file, KEYS) == heads.Noted()
    first, second = Head(number=3, hash="a" * 64, at=1.5), Head(number=9, hash="b" * 64, at=2.5)
    heads.note(file, Head(number=0, hash="", at=1.0), KEYS)
    heads.note(file, first, KEYS)
    heads.note(file, second, ("n" * 40, *KEYS))
    assert file.stat().st_mode & 0o077 == 0
    assert heads.read(file, ("n" * 40, *KEYS)).heads[1:] == (first, second)
    assert heads.read(file, KEYS) == heads.Noted(
        heads=(Head(number=0, hash="", at=1.0), first), unproven=1
    )
    forged = file.read_text().replace(" 3 ", " 2 ") + "nonsense\n"
    file.write_text(forged)
    assert heads.read(file, ("n" * 40, *KEYS)).unproven == 2


def test_a_restore_takes_back_what_was_noted_after_the_backup(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    for number in (3, 9):
        heads.note(file, Head(number=number, hash="a" * 64, at=1.0), KEYS)
    back = Head(number=5, hash="b" * 64, at=2.0)
    heads.note(file, back, KEYS, restored=True)
    assert [head.number for head in heads.read(file, KEYS).heads] == [3, 5]


@pytest.mark.parametrize(
    "wrong",
    [{"actor": "a@x.example"}, {"subject": "a@x.example"}, {"why": "a@x.example"}],
)
def test_an_address_is_refused(store: Store, wrong: dict[str, str]) -> None:
    entry = {"actor": "command", "act": "letter.look", **wrong}
    with pytest.raises(ValueError, match="holds an address"), store.write() as tx:
        audit.record(tx, now=1.0, **entry)  # type: ignore[arg-type]  # of several kinds
    assert audit.verify(store).entries == 0


def test_the_list_goes_a_page_at_a_time_both_ways(store: Store, clock: Clock) -> None:
    fill(store, 7)
    with store.write() as tx:
        audit.record(tx, now=clock.pass_(60), actor="kim", act="letters.pause", subject="x", n=1)
        audit.record(tx, now=clock.now, actor="kim", act="letter", subject="letter3")

    def numbers(**wanted: object) -> list[int]:
        asked = Wanted(**wanted)  # type: ignore[arg-type]  # of several kinds
        return [entry.number for entry in audit.page(store, asked, 3).entries]

    assert numbers() == [9, 8, 7]
    assert numbers(before=7) == [6, 5, 4]
    assert numbers(after=3) == [6, 5, 4]
    assert numbers(actor="kim") == [9, 8]
    assert numbers(act="letter", before=8) == [7, 6, 5]
    assert numbers(act="letter.look", subject="letter3") == [3]
    assert numbers(act="nonsense") == []
    newest, oldest = audit.page(store, Wanted(), 3), audit.page(store, Wanted(before=4), 3)
    assert (newest.older, newest.newer) == (True, False)
    assert (oldest.older, oldest.newer) == (False, True)
    assert oldest.entries[0].details == {"why": "tést", "n": 3}
    assert (oldest.entries[0].count, oldest.entries[0].at) == (3, 1_800_000_000.0)
    assert audit.acts(store) == ("letter", "letter.look", "letters.pause")


def test_many_faults_are_counted_and_the_first_are_told(store: Store) -> None:
    fill(store, 3)
    change(store, 2, at=5.0)
    found = audit.verify(store)
    assert found.faults == (Fault(what=What.CHANGED, first=2, last=2),)
