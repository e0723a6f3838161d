"""Finding receipts again: the page tells nobody anything, a mail tells the owner of the address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Row, select

from mailer import addresses, sendlog
from mailer.db import Store, marks
from mailer.db.schema import confirmation, letter, letter_text, submission
from mailer.errors import FieldError
from mailer.outbox import Sender, suppression
from mailer.status import Kind
from mailer.submissions import accept, confirm, erase_links, finding, receipt, unsubscribing
from mailer.submissions.receipts import reference
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter

ANN = "ann@supporter.example"
KEYS = ("k" * 40,)
HOUR, DAY = 3600.0, 86400.0
PAGES = Sender(address="letters@campaign.example", url="https://letters.example")


def sent(store: Store) -> list[Row[tuple[str, ...]]]:
    joined = select(letter, letter_text).join(letter_text, letter_text.c.letter == letter.c.id)
    with store.read() as tx:
        found = tx.execute(joined.where(letter.c.kind == Kind.ACCOUNT)).all()
    return sorted(found, key=lambda row: row.created_at)


def look(store: Store, email: str = ANN, language: str = "en") -> int:
    finding.ask(store, email, language)
    return finding.answer(store, PAGES, KEYS)


def noted(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return marks.beginning(tx, "find ")


def mailbox(store: Store, email: str = ANN) -> str:
    with store.read() as tx:
        return addresses.mailbox_key(email, store.pepper(tx))


def test_a_mail_lists_everything_of_the_mailbox(store: Store, clock: Clock) -> None:
    old = accept(store, draft())
    clock.pass_(60)
    new = accept(store, draft(supporter(name="Bosco Example", email="ANN@supporter.example")))
    other = accept(store, draft(supporter(name="Cy", email="cy@supporter.example")))
    assert look(store, "Ann@Supporter.example") == 1
    (mail,) = sent(store)
    assert mail.to_address.lower() == ANN
    assert (mail.subject, mail.from_name) == ("The links to your letters", "Quiet exams")
    places = [mail.body.find(f"\nhttps://letters.example/receipt/{one}?lang=en\n") for one in
              (new, old)]  # fmt: skip
    assert 0 < places[0] < places[1], "the newest first"
    assert other not in mail.body
    known = receipt(store, new)
    assert known is not None
    assert f"Quiet exams ({reference(known.id)})" in mail.body
    assert "Bosco" not in mail.body + mail.subject, "nothing that somebody typed"
    erase = next(line for line in mail.body.splitlines() if "/erase/" in line)
    token = erase.removeprefix("https://letters.example/erase/").removesuffix("?lang=en")
    link = erase_links.read(KEYS, token, clock.now)
    assert link is not None
    assert (link.mailbox, link.over) == (mailbox(store), False)
    page = sendlog.letter_page(store, mail.id)
    assert page is not None
    assert page.mail is None, "staff must not erase for anybody"
    assert finding.answer(store, PAGES, KEYS) == 0
    assert noted(store) == {}


def test_what_the_page_does_is_the_same_for_every_address(store: Store) -> None:
    accept(store, draft())
    for email in (ANN, "nobody@supporter.example"):
        finding.ask(store, email, "en")
    assert noted(store) == {mailbox(store): "en", mailbox(store, "nobody@supporter.example"): "en"}
    assert "@" not in repr(noted(store))
    assert finding.answer(store, PAGES, KEYS) == 1
    assert noted(store) == {}


def test_once_an_hour_and_three_times_a_day(store: Store, clock: Clock) -> None:
    accept(store, draft())
    assert [look(store), look(store)] == [1, 0]
    clock.pass_(HOUR + 1)
    assert look(store) == 1
    clock.pass_(HOUR + 1)
    accept(store, draft(supporter(name="Bosco Example")))
    assert [look(store), look(store)] == [1, 0]
    clock.pass_(HOUR + 1)
    assert look(store) == 0
    clock.pass_(DAY)
    assert look(store) == 1
    assert len(sent(store)) == 4


@pytest.mark.parametrize("why", ["suppressed", "unconfirmed", "erased"])
def test_no_mail_where_none_is_wanted_or_due(store: Store, clock: Clock, why: str) -> None:
    token = accept(store, draft(about=campaign(confirm=why == "unconfirmed")))
    with store.write() as tx:
        if why == "suppressed":
            suppression.suppress(tx, mailbox(store), reason="unsubscribed", now=clock.now)
        if why == "erased":
            tx.execute(submission.update().values(erased_at=clock.now, email=""))
    assert look(store) == 0
    assert sent(store) == []
    if why == "unconfirmed":
        with store.read() as tx:
            link = tx.execute(select(confirmation.c.token)).scalar_one()
        known = receipt(store, token)
        assert known is not None
        confirm(store, link, known.id, sender=PAGES)
        assert look(store) == 1


def test_a_receipt_asks_for_its_own_mailbox(store: Store) -> None:
    token = accept(store, draft())
    assert finding.ask_for(store, token, "fr")
    assert not finding.ask_for(store, "0" * 26, "fr")
    assert finding.answer(store, PAGES, KEYS) == 1
    (mail,) = sent(store)
    assert mail.subject == "Le lien vers vos lettres"
    assert f"/receipt/{token}?lang=fr\n" in mail.body


def test_what_is_no_address_is_refused(store: Store) -> None:
    long = "a" * 20_001 + "@supporter.example"
    bidi, two = "\u202eann@x.example", "ann@x.example\nbcc: all@x.example"
    for typed in ("", "ann", "a@b", two, "😀@x.example", long, bidi):
        with pytest.raises(FieldError):
            finding.ask(store, typed, "en")
    assert noted(store) == {}


def test_two_workers_mail_nobody_twice(store: Store) -> None:
    for number in range(8):
        email = f"p{number}@supporter.example"
        accept(store, draft(supporter(name=f"Person {number}", email=email)))
        finding.ask(store, email, "en")
    with ThreadPoolExecutor(4) as pool:
        counts = pool.map(lambda _: finding.answer(store, PAGES, KEYS), range(4))
        assert sum(counts) == 8
    assert len({mail.to_address for mail in sent(store)}) == len(sent(store)) == 8


def test_a_link_to_erase_is_signed_for_that_alone_and_for_a_day() -> None:
    box, now = "a" * 40, 1_800_000_000.0
    token = erase_links.link("", KEYS, box, now).removeprefix(erase_links.PLACE)
    changed = ("n" * 40, *KEYS)
    for keys in (KEYS, changed):
        read = erase_links.read(keys, token, now + DAY - 1)
        assert read == erase_links.EraseLink(mailbox=box, over=False)
    late = erase_links.read(KEYS, token, now + DAY)
    assert late is not None
    assert late.over
    assert erase_links.read(("x" * 40,), token, now) is None
    later = token.replace(str(int(now + DAY)), str(int(now + 2 * DAY)))
    for forged in (later, token[1:], token[:-1], token.upper(), box, "", ".", "é", f"{box}-9.x"):
        assert erase_links.read(KEYS, forged, now) is None
    other = unsubscribing.link("", KEYS, box).rpartition("/")[2]
    assert erase_links.read(KEYS, other, now) is None, "one purpose does not open the other"
    assert unsubscribing.mailbox_of(KEYS, token) is None
