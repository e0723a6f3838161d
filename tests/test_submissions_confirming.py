"""Links and codes to confirm with: how long they live, what they open, and who may not use them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select, update

from mailer import addresses, i18n
from mailer import mails as mails_of_ours
from mailer.db import Store
from mailer.db.schema import confirmation, letter, letter_text, submission, suppressed
from mailer.outbox import suppression
from mailer.status import Kind, State
from mailer.submissions import (
    accept,
    codes,
    confirm,
    disowning,
    entering,
    expiring,
    links,
    opened,
    pending,
    receipt,
    unsubscribing,
)
from mailer.submissions.entering import TRIES, Answer
from mailer.submissions.pending import again
from mailer.web.receipts.states import TAKEN_BACK
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter

DAY = 86400.0
HOUR = 3600.0
CAREFUL = campaign(slug="careful", confirm=True)


def write(store: Store, slug: str = "careful", replaces: str = "", **who: str) -> str:
    """A submission that waits for its supporter; its receipt's token."""
    about = replace(CAREFUL, slug=slug)
    return accept(store, draft(supporter(**who), about, replaces=replaces))


def leave(store: Store, state: State = State.SENT) -> None:
    """Let the mails that wait come to an end."""
    with store.write() as tx:
        mails = (letter.c.kind != Kind.LETTER, letter.c.state == State.QUEUED)
        now = store.now(tx)
        sent = now if state is State.SENT else None
        tx.execute(update(letter).where(*mails).values(state=state, sent_at=sent, changed_at=now))


def mails(store: Store) -> list[str]:
    """The texts of the mails that ask to confirm, the newest first."""
    with store.read() as tx:
        texts = (
            select(letter_text.c.body)
            .join(letter, letter.c.id == letter_text.c.letter)
            .where(letter.c.kind == Kind.CONFIRMATION)
        )
        return list(tx.execute(texts.order_by(letter.c.id.desc())).scalars())


def link(store: Store) -> str:
    """The token in the newest mail."""
    return mails(store)[0].partition("/confirm/")[2].partition("?")[0]


def code(store: Store) -> str:
    """The code in the newest mail, as it is read."""
    (line,) = filter(_is, mails(store)[0].splitlines())
    return line


def _is(line: str) -> bool:
    return len(line) == codes.LENGTH + 1


def states(store: Store, token: str) -> set[str]:
    found = receipt(store, token)
    assert found is not None
    return {one.state.value for one in found.letters}


def reasons(store: Store, token: str) -> set[str]:
    found = receipt(store, token)
    assert found is not None
    return {one.reason for one in found.letters}


def enter(store: Store, token: str, typed: str) -> Answer | None:
    return entering.enter(store, token, typed, sender=SENDER)


def press(store: Store, token: str, receipt_: str) -> str | None:
    with store.read() as tx:
        own = select(submission.c.id).where(submission.c.receipt == receipt_)
        return confirm(store, token, tx.execute(own).scalar_one(), sender=SENDER)


# --- how long a link lives


def test_a_link_is_open_for_seven_days_from_when_its_mail_left(store: Store, clock: Clock) -> None:
    token = write(store)
    clock.pass_(30 * DAY)
    assert expiring.expire(store) == 0, "the mail has not left: nobody could confirm"
    found = opened(store, link(store))
    assert found is not None
    assert [one.token for one in found.waiting] == [token]
    leave(store)
    clock.pass_(links.LIFE - 1)
    assert expiring.expire(store) == 0
    assert states(store, token) == {"awaiting"}
    clock.pass_(1)
    found = opened(store, link(store))
    assert found is not None
    assert (found.over, found.waiting, found.done) == (True, (), ())
    assert [expiring.expire(store) for _ in range(2)] == [2, 0]
    assert states(store, token) == {"cancelled"}
    assert reasons(store, token) == {expiring.EXPIRED}
    assert press(store, link(store), token) == token
    assert states(store, token) == {"cancelled"}


@pytest.mark.parametrize("by_code", [True, False])
def test_a_press_too_late_cancels_what_the_chore_has_not_found_yet(
    store: Store, clock: Clock, by_code: bool
) -> None:
    token = write(store)
    leave(store)
    clock.pass_(links.LIFE)
    if by_code:
        assert enter(store, token, code(store)) is Answer.DONE, "the receipt says what became of it"
    else:
        assert press(store, link(store), token) == token
    assert reasons(store, token) == {expiring.EXPIRED}


def test_a_second_press_leads_to_the_receipt_even_when_the_link_is_over(
    store: Store, clock: Clock
) -> None:
    token = write(store)
    leave(store)
    assert press(store, link(store), token) == token
    clock.pass_(100 * DAY)
    assert press(store, link(store), token) == token
    assert expiring.expire(store) == 0
    assert states(store, token) == {"queued"}


@pytest.mark.parametrize("end", [State.FAILED, State.CANCELLED, State.UNCERTAIN])
def test_mails_that_failed_do_not_let_letters_wait_for_ever(
    store: Store, clock: Clock, end: State
) -> None:
    write(store)
    clock.pass_(DAY)
    leave(store, end)
    clock.pass_(links.LIFE - 1)
    assert expiring.expire(store) == 0
    clock.pass_(1)
    assert expiring.expire(store) == 2


def test_what_waits_is_open_as_long_as_any_link_to_its_mailbox(store: Store, clock: Clock) -> None:
    token = write(store)
    leave(store)
    clock.pass_(6 * DAY)
    assert again(store, token, SENDER)
    leave(store)
    clock.pass_(2 * DAY)
    assert expiring.expire(store) == 0
    newest, first = (body.partition("/confirm/")[2].partition("?")[0] for body in mails(store))
    older, _ = (line for body in reversed(mails(store)) for line in body.splitlines() if _is(line))
    assert enter(store, token, older) is Answer.OVER
    over, lives = opened(store, first), opened(store, newest)
    assert over is not None
    assert lives is not None
    assert (over.over, lives.over) == (True, False)
    assert press(store, first, token) == token
    assert states(store, token) == {"awaiting"}, "an old link lets nothing go"
    assert press(store, newest, token) == token
    assert states(store, token) == {"queued"}


def test_letters_that_share_an_earlier_mail_expire_with_it(store: Store, clock: Clock) -> None:
    write(store)
    leave(store)
    clock.pass_(HOUR - 1)
    late = write(store, name="Bo Example")
    assert len(mails(store)) == 1
    clock.pass_(links.LIFE - HOUR + 1)
    assert expiring.expire(store) == 4
    assert reasons(store, late) == {expiring.EXPIRED}


def test_batches_take_turns(store: Store, clock: Clock) -> None:
    for number in range(3):
        write(store, email=f"p{number}@supporter.example")
    leave(store)
    clock.pass_(links.LIFE)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: expiring.expire(store), range(4))) == 6


@pytest.mark.parametrize(("language", "days"), [("en", "{} days"), ("fr", "{}\xa0jours")])
def test_the_days_that_are_told_are_those_that_count(language: str, days: str) -> None:
    told = days.format(round(links.LIFE / DAY)).replace("\xa0", " ")
    _, body = mails_of_ours.confirmation(language, "Exams", "https://x.example", "K7M 4XR")
    catalogue = i18n.text(language)
    means = catalogue.gettext(TAKEN_BACK[expiring.EXPIRED].means)
    for words in (body, means):
        assert told in words.replace("\xa0", " ")


# --- the code


def test_the_code_does_what_the_link_does(store: Store) -> None:
    token = write(store)
    typed = f" {code(store).lower().replace(' ', '-')} "
    assert enter(store, token, typed) is Answer.DONE
    assert states(store, token) == {"queued"}
    assert enter(store, token, "nonsense") is Answer.DONE, "pressed again: the receipt says"
    with store.read() as tx:
        row = tx.execute(select(confirmation)).one()
    assert code(store).replace(" ", "") not in str(row), "what is kept cannot be typed"


def test_it_lets_only_the_submission_of_its_receipt_go(store: Store) -> None:
    """Somebody else typed the address first: their form got the mail, its owner's none."""
    forged = write(store, name="Mallory Example")
    own = write(store)
    assert len(mails(store)) == 1
    assert enter(store, own, code(store)) is Answer.DONE
    assert states(store, own) == {"queued"}
    assert states(store, forged) == {"awaiting"}


def test_codes_of_other_mailboxes_and_what_is_none_open_nothing(store: Store) -> None:
    ann = write(store)
    others = write(store, email="bo@supporter.example")
    bodies = dict(zip((others, ann), mails(store), strict=True))
    assert bodies[others] != bodies[ann]
    assert enter(store, ann, code(store)) is Answer.WRONG, "the newest is Bo's"
    for typed in (
        "",
        "   ",
        "K7M4X",
        "K7M4XRR",
        "K7M4X0",
        "👍" * 6,
        "א" * 6,
        "\0" * 6,
        "x" * 20001,
    ):
        assert enter(store, ann, typed) is Answer.MALFORMED
    assert states(store, ann) == {"awaiting"}
    assert enter(store, "0" * 26, code(store)) is None


def test_ten_wrong_codes_end_those_of_a_mail_but_not_its_link(store: Store, clock: Clock) -> None:
    token, right = write(store), code(store)
    wrong = "333333" if right != "333 333" else "444444"
    for _ in range(TRIES):
        assert enter(store, token, wrong) is Answer.WRONG
    assert enter(store, token, right) is Answer.WRONG, "and nobody is told why"
    clock.pass_(HOUR)
    assert again(store, token, SENDER)
    assert enter(store, token, right) is Answer.WRONG
    first = mails(store)[1].partition("/confirm/")[2].partition("?")[0]
    assert press(store, first, token) == token
    assert states(store, token) == {"queued"}


def test_a_new_mail_has_a_code_of_its_own(store: Store, clock: Clock) -> None:
    token, first = write(store), code(store)
    clock.pass_(HOUR)
    again(store, token, SENDER)
    assert code(store) != first
    assert enter(store, token, code(store)) is Answer.DONE
    assert states(store, token) == {"queued"}


def test_parallel_wrong_codes_cannot_pass_the_limit(database_url: str, clock: Clock) -> None:
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    token = write(stores[0])
    with ThreadPoolExecutor(16) as pool:
        typed = ["333333" if code(stores[0]) != "333 333" else "444444"] * 16
        answers = set(pool.map(lambda n: enter(stores[n % 4], token, typed[n]), range(16)))
    assert answers == {Answer.WRONG}
    with stores[0].read() as tx:
        assert tx.execute(select(confirmation.c.tries)).scalar_one() == TRIES
    for store in stores:
        store.close()


def test_sixteen_at_once_by_link_and_code_send_each_letter_once(
    database_url: str, clock: Clock
) -> None:
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    token = write(stores[0])
    typed, pressed = code(stores[0]), link(stores[0])

    def act(number: int) -> object:
        one = stores[number % 4]
        return press(one, pressed, token) if number % 2 else enter(one, token, typed)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(act, range(16))) == {token, Answer.DONE}
    assert states(stores[0], token) == {"queued"}
    with stores[0].read() as tx:
        made = select(func.count()).select_from(letter).where(letter.c.kind == Kind.LETTER)
        assert tx.execute(made).scalar_one() == 2
    for store in stores:
        store.close()


def test_codes_cannot_be_misread_and_rarely_repeat() -> None:
    made = [codes.make() for _ in range(1000)]
    assert all(codes.read(one) == one for one in made)
    assert {len(one) for one in made} == {codes.LENGTH}
    assert not set("".join(made)) & set("01258BILOSUVZ")
    assert len(set(made)) > 990


# --- the mail once more


def test_it_comes_once_an_hour_and_three_times_a_day(store: Store, clock: Clock) -> None:
    token = write(store)
    assert again(store, token, SENDER)
    assert len(mails(store)) == 1
    for count in (2, 3, 3, 3):
        clock.pass_(HOUR)
        assert again(store, token, SENDER)
        assert len(mails(store)) == count
    clock.pass_(DAY)
    assert again(store, token, SENDER)
    assert len(mails(store)) == 4
    assert not again(store, "0" * 26, SENDER)


def test_what_the_page_says_does_not_depend_on_what_others_did(store: Store, clock: Clock) -> None:
    for name in ("Mallory", "Mallory Two"):
        write(store, name=name)
    own, alone = write(store), write(store, email="bo@supporter.example")
    mailed = len(mails(store))
    for _ in range(3):
        clock.pass_(HOUR)
        for token in (own, alone):
            again(store, token, SENDER)
        seen = [pending.pending(store, token) for token in (own, alone)]
        assert None not in seen
        assert len({(one.asked_at, one.again_at, one.returned) for one in seen if one}) == 1
    assert mailed < len(mails(store))


def test_sixteen_presses_at_once_are_one_mail(database_url: str, clock: Clock) -> None:
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    token = write(stores[0])
    clock.pass_(HOUR)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: again(stores[n % 4], token, SENDER), range(16)))
    assert len(mails(stores[0])) == 2
    for store in stores:
        store.close()


def test_who_confirmed_is_asked_no_more(store: Store, clock: Clock) -> None:
    token = write(store)
    press(store, link(store), token)
    clock.pass_(HOUR)
    assert again(store, token, SENDER)
    assert len(mails(store)) == 1
    assert pending.pending(store, token) is None


def test_a_mail_that_came_back_is_told_of(store: Store) -> None:
    token = write(store)
    leave(store, State.FAILED)
    found = pending.pending(store, token)
    assert found is not None
    assert found.returned


# --- another address


def test_the_new_letters_stand_for_those_that_waited(store: Store) -> None:
    wrong = write(store, email="ann@suporter.example")
    right = write(store, replaces=wrong)
    assert states(store, wrong) == {"cancelled"}
    assert reasons(store, wrong) == {"written again"}
    assert states(store, right) == {"awaiting"}
    with store.read() as tx:
        mailed = (
            select(letter_text.c.to_address, letter.c.state)
            .join(letter, letter.c.id == letter_text.c.letter)
            .where(letter.c.kind == Kind.CONFIRMATION)
        )
        assert {one.to_address: one.state for one in tx.execute(mailed)} == {
            "ann@suporter.example": State.CANCELLED, "ann@supporter.example": State.QUEUED,
        }  # fmt: skip
        persons = tx.execute(select(submission.c.person).distinct()).scalars().all()
    assert len(persons) == 2
    assert enter(store, wrong, "333333") is Answer.DONE, "nothing waits there any more"
    assert enter(store, right, code(store)) is Answer.DONE
    assert states(store, right) == {"queued"}


def test_a_mail_that_others_wait_for_still_goes(store: Store) -> None:
    wrong = write(store)
    write(store, name="Bo Example")  # waits for the same mail
    write(store, email="ann.b@supporter.example", replaces=wrong)
    found = opened(store, mails(store)[-1].partition("/confirm/")[2].partition("?")[0])
    assert found is not None
    assert [one.name for one in found.waiting] == ["Bo Example"]
    with store.read() as tx:
        queued = select(func.count()).select_from(letter).where(
            letter.c.kind == Kind.CONFIRMATION, letter.c.state == State.QUEUED
        )  # fmt: skip
        assert tx.execute(queued).scalar_one() == 2


def test_the_same_address_again_keeps_the_mail_it_has(store: Store) -> None:
    first = write(store)
    second = write(store, replaces=first)
    assert states(store, first) == {"cancelled"}
    assert len(mails(store)) == 1
    assert press(store, link(store), second) == second
    assert states(store, second) == {"queued"}


@pytest.mark.parametrize("token", ["0" * 26, "other campaign", "confirmed"])
def test_only_what_waits_in_the_same_campaign_is_replaced(store: Store, token: str) -> None:
    first = write(store, "quiet" if token == "other campaign" else "careful")
    if token == "confirmed":
        press(store, link(store), first)
    before = states(store, first)
    write(store, email="bo@supporter.example", replaces=token if token == "0" * 26 else first)
    assert states(store, first) == before


def test_corrections_that_cross_do_not_lock_each_other(database_url: str, clock: Clock) -> None:
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    ann, bo = write(stores[0]), write(stores[0], email="bo@supporter.example")
    pairs = [(ann, "bo@supporter.example"), (bo, "ann@supporter.example")] * 8

    def correct(number: int) -> str:
        token, email = pairs[number]
        return write(stores[number % 4], replaces=token, email=email)

    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(correct, range(16)))
    assert len(made) == 16
    assert states(stores[0], ann) == states(stores[0], bo) == {"cancelled"}
    for store in stores:
        store.close()


# --- this was not me


def test_it_throws_away_all_that_waits_and_ends_all_mail(store: Store, clock: Clock) -> None:
    waiting = [write(store, slug) for slug in ("careful", "quiet")]
    confirmed = write(store, "third")
    press(store, link(store), confirmed)
    other = write(store, email="bo@supporter.example")
    (_, _, *rest) = mails(store)
    assert disowning.disown(store, rest[0].partition("/confirm/")[2].partition("?")[0])
    for token in waiting:
        assert states(store, token) == {"cancelled"}
        assert reasons(store, token) == {disowning.DISOWNED}
        assert enter(store, token, "333333") is Answer.DONE
    assert states(store, confirmed) == {"queued"}, "that was them"
    assert states(store, other) == {"awaiting"}
    before = len(mails(store))
    clock.pass_(30 * DAY)
    later = write(store, "fourth")
    assert states(store, later) == {"awaiting"}, "the screen looks as always"
    assert len(mails(store)) == before
    clock.pass_(HOUR)
    again(store, later, SENDER)
    assert len(mails(store)) == before


def test_nothing_takes_it_back(store: Store, clock: Clock) -> None:
    token = write(store)
    with store.write() as tx:
        box = tx.execute(select(submission.c.mailbox)).scalar_one()
        suppression.suppress(tx, box, reason=unsubscribing.UNSUBSCRIBED, now=clock.now)
    assert disowning.disown(store, link(store))
    assert disowning.disown(store, link(store)), "again changes nothing"
    unsubscribing.subscribe(store, box)
    with store.read() as tx:
        assert tx.execute(select(suppressed.c.reason)).scalar_one() == disowning.NOT_ME
    found = opened(store, link(store))
    assert found is not None
    assert (found.disowned, found.waiting, found.done) == (True, (), ())
    assert press(store, link(store), token) == token
    assert states(store, token) == {"cancelled"}


def test_a_link_that_is_over_still_says_it_and_a_forged_one_never_does(
    store: Store, clock: Clock
) -> None:
    write(store)
    leave(store)
    clock.pass_(60 * DAY)
    assert not disowning.disown(store, "0" * 26)
    with store.read() as tx:
        assert tx.execute(select(suppressed)).all() == []
    assert disowning.disown(store, link(store))


def test_confirming_and_disowning_at_once_end_in_one_of_both(
    database_url: str, clock: Clock
) -> None:
    stores = [Store(database_url, clock=clock) for _ in range(4)]
    token = write(stores[0])
    pressed, typed = link(stores[0]), code(stores[0])
    acts: list[Callable[[Store], object]] = [
        lambda one: press(one, pressed, token),
        lambda one: disowning.disown(one, pressed),
        lambda one: enter(one, token, typed),
        lambda one: again(one, token, SENDER),
    ]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: acts[n % 4](stores[n // 4]), range(16)))
    assert len(states(stores[0], token)) == 1
    assert states(stores[0], token) <= {"queued", "cancelled"}
    with stores[0].read() as tx:
        confirmed = tx.execute(select(submission.c.confirmed_at)).scalar_one() is not None
    assert confirmed == (states(stores[0], token) == {"queued"})
    for store in stores:
        store.close()


def test_links_from_before_there_were_codes_still_open(store: Store, clock: Clock) -> None:
    token = write(store)
    old = {"token": "0" * 26, "campaign": "careful", "at": clock.now}
    with store.write() as tx:
        box = addresses.mailbox_key("ann@supporter.example", store.pepper(tx))
        tx.execute(insert(confirmation), {**old, "mailbox": box})
    assert enter(store, token, "333333") in {Answer.WRONG, Answer.DONE}
    assert press(store, "0" * 26, token) == token
    assert states(store, token) == {"queued"}
