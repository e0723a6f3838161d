"""Keeping: when what supporters wrote, and who they are, has been kept long enough, it goes.

The clock begins when the last thing has happened to a letter, and no earlier than the end of its
campaign's last day. What may still leave is never touched. Numbers stay, and so do the keyed hashes
behind "one letter for each person".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, exists, func, select, update

from mailer import audit, privacy
from mailer.db import Store, Tx, marks
from mailer.db.schema import enclosure, letter, letter_event, letter_text, news, submission
from mailer.privacy import Ends, Erasing
from mailer.status import OPEN, State
from mailer.submissions import erasing
from mailer.submissions.journal import Erasure
from mailer.submissions.retention import Rules

READ = 1000  # letters looked at in one transaction
AT_ONCE = 100  # letters, or supporters, changed in one: others can write in between

_OVER = sorted(set(State) - OPEN)
_MARK = "kept from"
_WORDS = privacy.blanked("letter_text", ends=Ends.TEXT)
_READER = privacy.blanked("letter_text", Erasing.READER)  # where we wrote to somebody else
_AS_IT_CAME = privacy.blanked("news", ends=Ends.TEXT)
_OWN_WORDS = privacy.blanked("submission", ends=Ends.TEXT)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one look found, or took."""

    texts: Mapping[str, int]  # letters and mails, by campaign; "" for mails of none
    people: Mapping[str, int]  # submissions, by campaign
    letters: tuple[str, ...] = ()  # whose text is gone; their ids
    next: str = ""  # where to go on; "" at the end


@dataclass(frozen=True, kw_only=True)
class _Found:
    texts: list[Row[Any]]
    people: list[Row[Any]]
    last: str  # "": nothing old is behind these
    whole: bool  # nothing of these rows is kept: they need no second look


def close(store: Store, texts: int, people: int, *, actor: str) -> None:
    """Note in the audit how much went, and let nothing of it stay in SQLite's files."""
    if not (texts or people):
        return
    with store.write() as tx:
        now = store.now(tx)
        audit.record(tx, now=now, actor=actor, act="purge", count=texts + people, texts=texts,
                     people=people)  # fmt: skip
    store.scrub()


def look(store: Store, rules: Rules, after: str = "") -> Part:
    """What would go among the next letters after that id; changes nothing."""
    with store.read() as tx:
        found = _find(tx, rules, after or _kept_from(tx, rules), store.now(tx))
    return _part(found.texts, found.people, next_=found.last)


def purge(store: Store, rules: Rules, after: str = "") -> Part:
    """Take what has been kept long enough among the next letters after that id.

    At most AT_ONCE of each at a time: `next` is where to go on. It may be stopped anywhere.
    """
    with store.read() as tx:
        start = after or _kept_from(tx, rules)
        found = _find(tx, rules, start, store.now(tx))
    texts, people = found.texts[:AT_ONCE], found.people[:AT_ONCE]
    all_of_it = (texts, people) == (found.texts, found.people)
    if not (texts or people):
        _note(store, rules, found, start)
        return _part([], [], next_=found.last)
    with store.write() as tx:
        now = store.now(tx)
        taken = _take_texts(tx, rules, texts, now)
        gone = [row for row in people if _is_over(tx, rules, row.submission, now)]
        erased = [
            erasing.erase(tx, Erasure(at=now, submission=row.submission), now=now) for row in gone
        ]
    # What is left of these letters is found when they are looked at again.
    again = min(row.id for row in (*texts, *people))
    letters = [row.id for row in taken] + [key for one in erased for key in one.letters]
    return _part(taken, gone, letters, next_=found.last if all_of_it else _before(again))


def _part(
    texts: Sequence[Row[Any]],
    people: Sequence[Row[Any]],
    letters: Sequence[str] = (),
    *,
    next_: str,
) -> Part:
    return Part(
        texts=Counter(row.campaign or "" for row in texts),
        people=Counter(row.campaign or "" for row in people),
        letters=tuple(letters), next=next_,
    )  # fmt: skip


def _before(letter_id: str) -> str:
    """An id that sorts right before another: so the next look begins with that."""
    return letter_id[:-1]


def _find(tx: Tx, rules: Rules, after: str, now: float) -> _Found:
    rows = tx.execute(_READ_ON, {"after": after}).all()
    oldest = rules.oldest(now)
    old = [row for row in rows if row.created_at <= oldest]
    over = [row for row in old if row.state in _OVER]
    texts = [
        row for row in over
        if row.kept and rules.text_is_over(row.campaign or "", row.changed_at, now)
    ]  # fmt: skip
    people = [
        row for row in over
        if row.named and row.first
        and rules.person_is_over(row.campaign or "", row.changed_at, now)
        and _is_over(tx, rules, row.submission, now)
    ]  # fmt: skip
    end = len(rows) < READ or not old
    whole = len(old) == len(rows) and not any(
        row.kept or (row.named and rules.person_days is not None) for row in rows
    )
    return _Found(texts=texts, people=people, last="" if end else rows[-1].id, whole=whole)


def _is_over(tx: Tx, rules: Rules, submission_id: str, now: float) -> bool:
    """True when all mail of a submission is over, and has been for long enough."""
    every = select(letter.c.state, letter.c.campaign, letter.c.changed_at).where(
        letter.c.submission == submission_id
    )
    return all(
        row.state in _OVER and rules.person_is_over(row.campaign or "", row.changed_at, now)
        for row in tx.execute(every)
    )


def _take_texts(
    tx: Tx, rules: Rules, rows: Sequence[Row[Any]], now: float
) -> list[Row[Any]]:  # fmt: skip
    """Take the words of these letters, but for those to which something has happened since."""
    ids = [row.id for row in rows]
    still = select(letter.c.id, letter.c.campaign, letter.c.changed_at, letter.c.submission).where(
        letter.c.id.in_(ids), letter.c.state.in_(_OVER)
    )
    found: list[Any] = [
        row for row in tx.execute(still.with_for_update()).all()
        if rules.text_is_over(row.campaign or "", row.changed_at, now)
    ]  # fmt: skip
    gone = [row.id for row in found]
    words = update(letter_text).where(letter_text.c.letter.in_(gone))
    tx.execute(words.values(**dict.fromkeys(_WORDS, "")))
    tx.execute(delete(enclosure).where(enclosure.c.letter.in_(gone)))
    told = update(news).where(news.c.letter.in_(gone))
    tx.execute(told.values(**dict.fromkeys(_AS_IT_CAME, "")))
    _take_readers(tx, [row.id for row in found if not row.submission])
    _take_own_words(tx, sorted({row.submission for row in found if row.submission}))
    return found


def _take_readers(tx: Tx, ids: Sequence[str]) -> None:
    """Mails that belong to no submission are to staff: nothing else leads to whom they went.

    The hashes of other letters stay as long as their writer's name: they prove what was approved.
    """
    reader = update(letter_text).where(letter_text.c.letter.in_(ids))
    tx.execute(reader.values(**dict.fromkeys(_READER, "")))
    tx.execute(update(letter).where(letter.c.id.in_(ids)).values(sha256="", answer=""))
    said = update(letter_event).where(letter_event.c.letter.in_(ids))
    tx.execute(said.where(letter_event.c.transport != "").values(note=""))


def _take_own_words(tx: Tx, ids: Sequence[str]) -> None:
    """What supporters wrote by themselves goes with the last letter that has it."""
    kept = (
        exists()
        .where(letter.c.submission == submission.c.id, letter_text.c.letter == letter.c.id)
        .where(letter_text.c.subject != "")
    )
    theirs = update(submission).where(submission.c.id.in_(ids), ~kept)
    tx.execute(theirs.values(**dict.fromkeys(_OWN_WORDS, "")))


def _reading() -> Select[Any]:
    """The next letters with what must be known of them."""
    first = (
        select(func.min(letter.c.id))
        .where(letter.c.submission == submission.c.id)
        .correlate(submission)
        .scalar_subquery()
    )
    return (
        select(
            letter.c.id, letter.c.submission, letter.c.campaign, letter.c.state,
            letter.c.created_at, letter.c.changed_at,
            func.coalesce(letter_text.c.subject != "", False).label("kept"),
            (submission.c.id.is_not(None) & submission.c.erased_at.is_(None)).label("named"),
            (first == letter.c.id).label("first"),
        )
        .outerjoin(letter_text, letter_text.c.letter == letter.c.id)
        .outerjoin(submission, submission.c.id == letter.c.submission)
        .where(letter.c.id > bindparam("after"))
        .order_by(letter.c.id)
        .limit(READ)
    )  # fmt: skip


_READ_ON = _reading()


def _kept_from(tx: Tx, rules: Rules) -> str:
    """The id up to which nothing is kept by these rules: from there on there is work."""
    noted, _, rules_then = marks.get(tx, _MARK).partition(" ")
    return noted if rules_then == _sign(rules) else ""


def _note(store: Store, rules: Rules, found: _Found, start: str) -> None:
    """Note that everything up to here is gone, so that nobody has to look at it again."""
    if not (found.whole and found.last):
        return
    with store.write() as tx:
        if _kept_from(tx, rules) == start:
            marks.put(tx, _MARK, f"{found.last} {_sign(rules)}")


def _sign(rules: Rules) -> str:
    return f"{rules.text_days} {rules.person_days}"
