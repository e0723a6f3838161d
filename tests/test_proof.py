"""Proof that letters were wanted: what a record holds, who can check it, and what an edit does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from mailer import proof
from mailer.db import Store, marks
from mailer.db.schema import confirmation, letter, letter_event, submission
from mailer.errors import MailerError
from mailer.proof import keys as proof_keys
from mailer.proof import seal
from mailer.status import Kind, State
from mailer.submissions import accept, codes, confirm, consents, entering
from mailer.submissions.consents import SendWording
from mailer.submissions.erasing import forget
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter
from tests.staff_letters import send

KEY, OLD = "k" * 40, "o" * 40
SITE = "https://letters.example.org"
WORDING = SendWording(
    language="en", words="You ask us to send it.", privacy=f"{SITE}/privacy", text_days=28,
    person_days=365,
)  # fmt: skip


def record_of(store: Store, key: str, now: float = 1_800_000_000.0) -> dict[str, Any]:
    with store.read() as tx:
        found = proof.record(tx, key, site=SITE, now=now)
    assert found is not None
    return found


def sent_in(store: Store, **changes: Any) -> str:
    made = draft(supporter(personal="Quiet, \u00e9videmment."), wording=WORDING, **changes)
    accept(store, made)
    return made.id


def test_a_record_tells_what_was_agreed_and_sent_and_not_by_whom(
    store: Store, clock: Clock
) -> None:
    key = sent_in(store)
    _, data = send(store, clock)
    found = record_of(store, key)
    assert found["reference"] == f"{key[:5]}-{key[5:10]}".upper()
    assert found["sent_in_at"] == "2027-01-15T08:00:00Z"
    assert found["confirmation"] == {"by": "none", "at": None}
    assert found["wording"]["version"] == WORDING.version
    assert found["wording"]["shown"]["words"] == WORDING.words
    assert found["wording"]["shown"]["person_days"] == 365
    (left,) = (one for one in found["letters"] if one["state"] == State.SENT)
    assert left["message_sha256"] == hashlib.sha256(data).hexdigest()
    assert left["accepted_at"] == "2027-01-15T08:00:01Z"
    same = proof.same_letter(found, data)
    assert same
    assert same["approved_sha256"] == left["approved_sha256"]
    said = json.dumps(found)
    for secret in ("Ann", "supporter.example", "Quiet", "videmment", key):
        assert secret not in said


def test_a_message_with_one_other_word_is_no_letter_of_the_record(
    store: Store, clock: Clock
) -> None:
    key = sent_in(store)
    _, data = send(store, clock)
    found = record_of(store, key)
    assert proof.same_letter(found, data.replace(b"Dear Minister", b"Dear Ministre")) is None
    assert proof.same_letter(found, data.replace(b"\r\n", b"\n")), "as some mailboxes keep it"
    assert proof.same_letter(found, b"") is None


def test_whoever_knows_the_address_can_check_it(store: Store) -> None:
    found = record_of(store, sent_in(store))
    again = record_of(store, sent_in(store))
    assert proof.same_address(found, "Ann@Supporter.example") is True
    assert proof.same_address(found, "bob@supporter.example") is False
    assert found["address"]["hash"] != again["address"]["hash"], "each has a salt of its own"
    with pytest.raises(MailerError, match="more work"):
        proof.same_address({"address": found["address"] | {"n": 2**24}}, "ann@supporter.example")


def test_how_it_was_confirmed_and_when(store: Store, clock: Clock) -> None:
    asking = campaign(confirm=True)
    by_link, by_code = sent_in(store, about=asking), sent_in(store, about=asking)
    assert record_of(store, by_link)["confirmation"] == {"by": "awaited", "at": None}
    with store.write() as tx:
        (row,) = tx.execute(select(confirmation)).all()
        typed = codes.make()
        keyed = codes.keyed(codes.read(typed), row.token, store.pepper(tx))
        tx.execute(update(confirmation).values(code=keyed))
        receipts = dict(tx.execute(select(submission.c.id, submission.c.receipt)).all())
    clock.pass_(60)
    confirm(store, row.token, by_link, sender=SENDER)
    clock.pass_(60)
    assert entering.enter(store, receipts[by_code], typed, sender=SENDER) == "done"
    said = [record_of(store, one)["confirmation"] for one in (by_link, by_code)]
    assert said == [
        {"by": "link", "at": "2027-01-15T08:01:00Z"}, {"by": "code", "at": "2027-01-15T08:02:00Z"}
    ]  # fmt: skip
    with store.write() as tx:
        tx.execute(update(submission).values(confirmed_by=""))
    assert record_of(store, by_link)["confirmation"]["by"] == "unknown"


def test_after_an_erasure_nothing_of_a_person_is_left(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    key = sent_in(store)
    send(store, clock)
    forget(store, "ann@supporter.example", file=tmp_path / "journal")
    found = record_of(store, key)
    assert found["erased_at"] == "2027-01-15T08:00:01Z"
    assert found["address"] is None
    assert proof.same_address(found, "ann@supporter.example") is None
    assert {one["approved_sha256"] for one in found["letters"]} == {None}
    assert {one["message_sha256"] for one in found["letters"]} == {None}
    assert found["wording"]["shown"], "that somebody agreed, and to what, is nobody's data"
    assert State.SENT in {one["state"] for one in found["letters"]}
    assert proof.check(proof.signed(found, (KEY,)).encode()).record == found


def test_a_letter_from_before_the_hash_was_noted_has_one_while_its_text_is_kept(
    store: Store,
) -> None:
    key = sent_in(store)
    noted = [one["approved_sha256"] for one in record_of(store, key)["letters"]]
    with store.write() as tx:
        tx.execute(update(letter).values(approved=""))
    assert [one["approved_sha256"] for one in record_of(store, key)["letters"]] == noted
    with store.read() as tx:
        ours = select(letter.c.approved).where(letter.c.kind != Kind.LETTER)
        assert not any(tx.execute(ours).scalars())


def test_what_was_addressed_to_a_successor_says_so(store: Store) -> None:
    key = sent_in(store)
    first = record_of(store, key)["letters"][0]["message_id"].partition("@")[0]
    with store.write() as tx:
        this = update(letter_event).where(letter_event.c.letter == first)
        tx.execute(this.values(note="addressed to the successor"))
    found = {one["message_id"]: one for one in record_of(store, key)["letters"]}
    assert [one["addressed_to_successor"] for one in found.values()] == [True, False]


def test_a_reference_finds_it_however_it_is_written(store: Store) -> None:
    key = sent_in(store)
    sent_in(store)
    with store.read() as tx:
        ours = select(letter.c.id).where(letter.c.submission == key)
        one = tx.execute(ours).scalars().first()
        for typed in (f"{key[:5]}-{key[5:10]}", f" {key[:10].upper()} ", key, one,
                      f"<{one}@campaign.example>", f"{one}@campaign.example".upper()):  # fmt: skip
            assert typed
            assert proof.find(tx, typed) == key
        for typed in (
            "",
            "zzzzz-zzzzz",
            "\u202e" * 10,
            "x" * 20_001,
            key[:9],
            "%%%%%-%%%%%",
            "é" * 10,
        ):
            assert proof.find(tx, typed) is None


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in a JSON document."""
    if isinstance(value, dict):
        for name in value:
            yield from parts(value[name], (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from parts(one, (*path, number))
    yield path


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def test_every_edit_of_every_field_is_found(new_sqlite: Any, clock: Clock) -> None:
    store = Store(new_sqlite(), clock=clock)
    key = sent_in(store)
    send(store, clock)
    text = proof.signed(record_of(store, key), (KEY,))
    places = [path for path in parts(json.loads(text)) if path]
    assert len(places) > 45
    for path in places:
        for change in ("other", "gone", "more", "0", None, 1, True, [], {}):
            edited = json.loads(text)
            holder = at(edited, path[:-1])
            old = holder[path[-1]]
            new = f"{old}x" if change == "more" else f"{old}"[::-1] if change == "other" else change
            if new == old and type(new) is type(old):
                continue
            if change == "gone":
                del holder[path[-1]]
            else:
                holder[path[-1]] = new
            if edited == json.loads(text):
                continue  # a text that reads the same backwards
            with pytest.raises(MailerError):
                proof.check(json.dumps(edited).encode())
    for more in (("record", "letters", 0), ("record",), ("signature",), ()):
        edited = json.loads(text)
        at(edited, more)["more"] = "field"
        with pytest.raises(MailerError):
            proof.check(json.dumps(edited).encode())
    store.close()


@pytest.fixture(scope="module")
def small() -> str:
    record = {
        "format": "mailer-proof-1", "site": SITE, "made_at": "", "reference": "", "campaign": "",
        "language": "", "sent_in_at": "", "wording": {"version": "", "shown": None},
        "confirmation": {"by": "none", "at": None}, "found_not_theirs_at": None,
        "erased_at": None, "address": None, "letters": [],
    }  # fmt: skip
    return proof.signed(record, (KEY,))


def test_a_form_that_reads_differently_to_others_is_refused(small: str) -> None:
    assert proof.check(b"\xef\xbb\xbf" + small.encode()).record["site"] == SITE
    whole = json.loads(small)
    value = whole["signature"]["value"]
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = digits[digits.index(value[-3]) ^ 1]  # the bits of it that say nothing
    for changed in (
        small.replace('"record": {', '"record": {"site": "https://other.example",'),
        small.replace(value, f"{value[:-3]}{last}=="),
        small.replace(value, f"{value} "),
        small.replace('"Ed25519"', '"none"'),
        small.replace('"mailer-proof-1"', '"mailer-proof-2"'),
        small.replace('"made_at": ""', '"made_at": NaN'),
        small.replace('"made_at": ""', '"made_at": "\\ud800"'),
        small.replace('"made_at": ""', f'"made_at": {"9" * 5000}'),
        small.replace('"letters": []', '"letters": ' + "[" * 100_000 + "]" * 100_000),
    ):
        assert changed != small
        with pytest.raises(MailerError):
            proof.check(changed.encode())


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"\xff\xfe", "😀".encode(), b"{" * 200_000, b'"' * 20_001,
             b'{"record": {}, "signature": {}}', b"x" * 1_000_001,
             b'{"record": 1, "signature": 2}'],
)  # fmt: skip
def test_what_is_no_record_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(MailerError, match="no signed record"):
        proof.check(data)


def test_whoever_signs_with_a_key_of_their_own_cannot_break_the_check(small: str) -> None:
    own = Ed25519PrivateKey.generate()
    for odd in ({"format": "mailer-proof-1"}, {"letters": 7}, {"address": {"n": 1}},
                {"letters": [{}]}, {"wording": "w"}, {"confirmation": {"by": []}}):  # fmt: skip
        record = json.loads(small)["record"] | odd
        if odd == {"format": "mailer-proof-1"}:
            record = odd
        value = proof_keys.base64_of(own.sign(seal.canonical(record)))
        public = proof_keys.base64_of(own.public_key().public_bytes_raw())
        seal_ = {"algorithm": "Ed25519", "public_key": public, "value": value}
        with pytest.raises(MailerError, match="no signed record"):
            proof.check(json.dumps({"record": record, "signature": seal_}).encode())


def test_an_earlier_key_is_published_after_it_was_retired(new_sqlite: Any) -> None:
    store, oldest = Store(new_sqlite()), "p" * 40
    with store.write() as tx:
        assert proof.endorse(tx, (OLD, oldest)) == 1
        assert proof.endorse(tx, (OLD, oldest)) == 0
        assert proof.endorse(tx, (KEY, OLD)) == 1
        found = proof.published(tx, (KEY,))
    assert [(one.value, one.signs) for one in found] == [
        (proof_keys.public_of(KEY), True),
        (proof_keys.public_of(OLD), False),
        (proof_keys.public_of(oldest), False),
    ]
    with store.read() as tx:
        assert len(proof.published(tx, ("other" * 8,))) == 1, "nobody else's"
    store.close()


def test_a_key_that_was_slipped_into_the_database_is_not_published(new_sqlite: Any) -> None:
    store = Store(new_sqlite())
    strange, ours = proof_keys.public_of("s" * 40), proof_keys.public_of(KEY)
    with store.write() as tx:
        for value in ("", "AAAA", proof_keys.public_of(KEY)):
            marks.put(tx, f"proof key {strange}", json.dumps({"by": ours, "value": value}))
            assert [one.value for one in proof.published(tx, (KEY,))] == [ours]
    store.close()


def test_the_same_words_have_the_same_version(store: Store) -> None:
    first, second = sent_in(store), sent_in(store)
    assert record_of(store, first)["wording"] == record_of(store, second)["wording"]
    with store.read() as tx:
        assert consents.wording(tx, "never shown") is None
        assert consents.given(tx, first) == ()


def test_words_are_kept_also_when_those_who_brought_them_are_taken_back(store: Store) -> None:
    with suppress(RuntimeError), store.write() as tx:
        consents.add(tx, "nobody", (), now=1.0, wording=WORDING)
        raise RuntimeError
    for _ in range(3):
        assert record_of(store, sent_in(store))["wording"]["shown"]["words"] == WORDING.words
