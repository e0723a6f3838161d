"""What staff look at first: signs of one submission, own words of many, and waves of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from mailer import addresses, audit, review, sendlog, submissions
from mailer.audit import Wanted
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_event, likeness, submission
from mailer.review import alike, waves
from mailer.review.waves import Found, Wave
from mailer.status import State
from mailer.submissions import erasing
from mailer.submissions.passage import Door, Passage, always
from tests.conftest import Clock
from tests.factories import draft, supporter

PEPPER = b"p" * 32
STORY = (
    "In the spring I sat three exams in my kitchen while a program watched my eyes and my hands,"
    " and twice it stopped because my daughter came in to ask for a glass of water."
)
OFFICES = ("premier@ontario.example", "m.tremblay@gmail.com")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "Buy at https://x.example"), ("name", "www.pills.example"), ("name", "pills.shop"),
        ("name", "Ann @handle"), ("affiliation", "cheap-pills.com"), ("district", "xy.info now"),
        ("name", "pills.example/now"), ("name", "bit.ly/x"), ("name", "Ann https:／／x.example"),
        ("name", "pills．com"), ("address", "http://x.example 12"), ("postal_code", "www.x.ca"),
    ],
)  # fmt: skip
def test_a_link_where_a_name_belongs_is_looked_at(field: str, text: str) -> None:
    assert review.sign(supporter(**{field: text}), OFFICES) == review.LINK


@pytest.mark.parametrize(
    "name",
    ["J.R. Smith", "Dr.Ann Example", "Anne-Marie O'Neill", "Jean St.Pierre", "李小龍",
     "A. Co. Jones", "Ann Example, Ph.D.", "x" * 100, ". . .", "Ann 😀", "Ann Example, B.Sc./M.A."],
)  # fmt: skip
def test_people_s_names_are_names(name: str) -> None:
    assert review.sign(supporter(name=name), OFFICES) == ""


@pytest.mark.parametrize(
    "address", ["12 St. Clair Ave. W., Apt. 3/4", "c/o Example, 1/2 Rue St-Jean"]
)
def test_addresses_of_houses_are_no_links(address: str) -> None:
    assert review.sign(supporter(address=address, postal_code="K1A 0B1"), OFFICES) == ""


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("a@mailinator.com", review.THROWAWAY), ("a@in.yopmail.com", review.THROWAWAY),
        ("a@notmailinator.com", ""), ("a@mailinator.com.example", ""),
        ("premier@ontario.example", review.OFFICIAL), ("Premier@Ontario.example", review.OFFICIAL),
        ("mtremblay+x@gmail.com", review.OFFICIAL), ("tremblay@gmail.com", ""), ("a@b.example", ""),
        ("premier+x@ontario.example", review.OFFICIAL), ("premiers@ontario.example", ""),
    ],
)  # fmt: skip
def test_addresses_are_looked_at_and_never_refused(email: str, why: str) -> None:
    assert review.sign(supporter(email=email), OFFICES) == why


def test_the_list_of_addresses_to_be_thrown_away_is_in_order() -> None:
    lines = (Path(review.__file__).parent / "thrown_away.txt").read_text().splitlines()
    names = [line for line in lines if not line.startswith("#")]
    assert names == sorted(set(names))
    assert all(name == name.lower() and "." in name for name in names)


def shared(one: str, other: str, *known: str) -> bool:
    """True when two texts would be taken for nearly the same."""
    found = [review.bands(review.least(text, known), "exams", PEPPER) for text in (one, other)]
    return bool(set(found[0]) & set(found[1]))


def test_nearly_the_same_words_are_known_and_others_are_not() -> None:
    assert shared(STORY, STORY)
    assert shared(STORY, STORY.upper().replace(",", " –") + " Merci!")
    assert shared(STORY, STORY.replace("daughter", "son"))
    assert not shared(STORY, "My brother takes his exams in the library, and he tells me that"
                      " nobody there minds who comes and goes as long as it is quiet.")  # fmt: skip
    assert review.bands(review.least(STORY, ()), "a", PEPPER) != review.bands(
        review.least(STORY, ()), "b", PEPPER
    )


@pytest.mark.parametrize("text", ["", "I agree.", "Stop it now: we all want that!", "😀" * 50])
def test_few_words_are_nobody_s_own(text: str) -> None:
    assert review.least(text, ()) == ()


def test_the_campaign_s_text_is_never_compared() -> None:
    known = f"Dear Minister,\n\n{STORY}\n\nI ask you to end this."
    assert review.least(STORY, [known]) == ()
    assert review.least(f"I agree: {STORY} Truly.", [known]) == ()
    assert not shared(f"{STORY} My cat agrees with me on this one.",
                      f"{STORY} As a nurse I cannot say it better.", known)  # fmt: skip


def test_words_of_many_lengths_cost_what_their_length_does() -> None:
    """50,000 characters that mean something to a pattern, or nothing: no hang, no error."""
    for piece in ("a.", "www", "://", "x@", "é ", "\u0301", "a-"):
        text = piece * (50_000 // len(piece))
        review.least(text, ())
        review.sign(supporter(name=text), OFFICES)


def write(store: Store, number: int, text: str = "", place: str = "here") -> tuple[str, str]:
    """Somebody writes from a place; their submission's id and receipt."""
    who = supporter(name=f"P{number} Example", email=f"p{number}@x.example", personal=text)
    made = draft(who, network=place)

    def judge(tx: Tx, now: float) -> Passage:
        pepper = store.pepper(tx)
        bands = review.bands(review.least(text, ()), "exams", pepper)
        mailbox = addresses.mailbox_key(who.email, pepper)
        hold = review.SIMILAR if review.is_similar(tx, bands, mailbox, now) else ""
        review.note(tx, made.id, bands, now)
        return Passage(hold=hold)

    return made.id, submissions.accept(store, made, Door(judge=judge, may_mail=always))


def states(store: Store, receipt: str) -> set[str]:
    found = submissions.receipt(store, receipt)
    assert found is not None
    return {one.state for one in found.letters}


def kept(store: Store) -> tuple[int, int]:
    """Of how many it is known where they came from; by how many rows words are compared."""
    placed = select(func.count()).where(submission.c.network != "")
    with store.read() as tx:
        compared = tx.execute(select(func.count()).select_from(likeness)).scalar_one()
        return int(tx.execute(placed).scalar_one()), int(compared)


def test_after_the_fifth_the_same_own_words_are_held_with_the_reason(
    store: Store, clock: Clock
) -> None:
    for number in range(alike.MANY):
        assert states(store, write(store, number, STORY)[1]) == {"queued"}
    held = write(store, 10, STORY.replace("three", "four"))[1]
    assert states(store, held) == {"review"}
    own = [states(store, write(store, 30, STORY[::-1])[1]) for _ in range(7)]  # only one's own
    assert own[0] == {"queued"}
    assert State.REVIEW not in set().union(*own)
    assert states(store, write(store, 11, "I agree.")[1]) == {"queued"}
    clock.pass_(alike.KEPT + 1)
    assert states(store, write(store, 12, STORY)[1]) == {"queued"}


def test_where_somebody_came_from_is_known_for_a_week(store: Store, clock: Clock) -> None:
    write(store, 1, STORY)
    clock.pass_(alike.KEPT - 1)
    write(store, 2, STORY)
    assert review.purge(store) == 0
    clock.pass_(1)
    assert review.purge(store) > 0
    assert kept(store) == (1, 4)


def test_erasing_takes_it_at_once(store: Store, tmp_path: Path) -> None:
    write(store, 1, STORY)
    erasing.forget(store, "p1@x.example", file=tmp_path / "journal")
    assert kept(store) == (0, 0)


def invalidate(store: Store, wave: Wave) -> Found:
    counted = waves.look(store, wave)
    assert waves.invalidate(store, wave, actor=audit.COMMAND, why="one machine") == counted
    assert waves.look(store, wave) == Found()
    return counted


def test_a_wave_is_stopped_before_it_leaves_and_marked_where_it_has_left(store: Store) -> None:
    made = [write(store, number, STORY) for number in range(7)]
    other = write(store, 20, "A letter of another kind, from elsewhere.", "elsewhere")
    with store.write() as tx:
        gone = letter.c.submission == made[0][0]
        tx.execute(update(letter).where(gone).values(state="sent"))
    assert sendlog.written(store, "exams") == 6  # two are held
    found = invalidate(store, Wave(campaign="exams", like=made[3][0][:10]))
    assert found == Found(submissions=7, stoppable=12, left=2)
    assert states(store, made[0][1]) == {"sent"}
    for _, receipt in made[1:]:
        assert states(store, receipt) == {"cancelled"}
    assert states(store, other[1]) == {"queued"}
    assert sendlog.written(store, "exams") == 1
    with store.read() as tx:
        marked = select(func.count()).where(letter_event.c.note == waves.INVALID)
        assert tx.execute(marked).scalar_one() == 14
        when = select(submission.c.invalid_at).where(submission.c.id == made[0][0])
        assert tx.execute(when).scalar_one() == store.now()
    (act,) = audit.page(store, Wanted(), 10).entries
    assert (act.act, act.subject, act.count) == ("wave.invalidate", "exams", 7)
    assert act.details == {"stopped": 12, "left": 2, "why": "one machine"}
    again = write(store, 1)[1]  # whose name was used may write
    assert states(store, again) == {"queued"}


def test_waves_by_place_reason_and_time(store: Store, clock: Clock) -> None:
    early = write(store, 1, STORY)
    clock.pass_(3600)
    here = [write(store, number, STORY) for number in range(2, 9)]
    there = write(store, 9, "", "there")
    near = Wave(campaign="exams", network_of=here[0][0], since=store.now() - 60)
    assert waves.look(store, replace(near, until=store.now() - 60)) == Found()
    assert waves.look(store, replace(near, campaign="other")) == Found()
    assert waves.look(store, near).submissions == 7
    held = replace(near, held_for=review.SIMILAR)
    assert invalidate(store, held).submissions == 3
    assert waves.look(store, near).submissions == 4
    assert states(store, early[1]) == states(store, there[1]) == {"queued"}
    assert waves.look(store, replace(near, like="%")) == Found()  # no pattern, and nobody's


def test_what_may_have_left_once_is_marked_and_not_stopped(store: Store) -> None:
    made = write(store, 1, STORY)
    with store.write() as tx:
        tx.execute(update(letter).values(possibly_twice=True))
    found = invalidate(store, Wave(campaign="exams", like=made[0][:10]))
    assert (found.stoppable, found.left) == (0, 2)
    assert states(store, made[1]) == {State.QUEUED}
