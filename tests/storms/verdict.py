"""The verdict over a storm: what the relay took against what the ledger and the receipts say.

Pure: a history goes in, findings come out. The relay's log is the truth; nothing here asks the
program's own code what is true.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.storms.logbook import REFUSED, TOOK, Entry

ACCEPTED = frozenset({"sent", "delivered", "bounced", "complained"})
OPEN = frozenset({"awaiting", "queued", "claimed", "dot"})
TOLD = frozenset({"review", "failed", "cancelled", "uncertain"})  # not out, and it says so


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One row of the ledger as it stands after the storm."""

    id: str
    submission: str
    person: str
    official: str
    state: str
    reason: str = ""
    recipient: str
    possibly_twice: bool = False
    sha256: str  # of the bytes last handed over, as the ledger keeps it
    rebuilt: str  # of the bytes made anew from its text
    shown: str = ""  # its text: salutation and body
    told: bool = True  # its supporter was told that it failed; true where it did not


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One moment at which a letter became uncertain."""

    letter: str
    reaped: bool  # its worker died or overslept; else the answer was lost on the line


@dataclass(frozen=True, kw_only=True)
class Thanked:
    """A supporter who was given a receipt, and what the preview had shown."""

    submission: str
    letters: int
    previewed: Sequence[str] = ()  # the exact text of each letter


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a receipt said of one letter, and when it was read."""

    at: float
    submission: str
    recipient: str
    sent: bool  # "accepted by the mail server"
    twice: bool  # "it may have arrived twice", or "all the same" where it failed
    final: bool = False  # read when all was calm


@dataclass(frozen=True, kw_only=True)
class History:
    """All that is known of one storm."""

    log: Sequence[Entry] = ()
    letters: Sequence[Letter] = ()
    doubts: Sequence[Doubt] = ()
    thanked: Sequence[Thanked] = ()
    shown: Sequence[Shown] = ()
    waves: int = 0  # how many waves may be in doubt: one for each death, or sleep past the lease
    wave: int = 0  # letters that one wave may hold


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found; every list but `uncertain` and `flagged` must be empty."""

    accepted: int = 0
    uncertain: int = 0
    flagged: int = 0
    lost: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    unflagged: tuple[str, ...] = ()
    others: tuple[str, ...] = field(default=())

    @property
    def good(self) -> bool:
        """True when the promise was kept."""
        return not (self.lost or self.false or self.unflagged or self.others)

    @property
    def findings(self) -> tuple[str, ...]:
        """Everything that is wrong, in words."""
        return (*self.lost, *self.false, *self.unflagged, *self.others)


def judge(history: History) -> Verdict:
    """Hold the ledger and the receipts against the relay's log."""
    took = Counter(entry.letter for entry in history.log if entry.did == TOOK)
    twice = {letter for letter, times in took.items() if times > 1}
    return Verdict(
        accepted=len(took),
        uncertain=len(history.doubts),
        flagged=len(twice & {one.id for one in history.letters if one.possibly_twice}),
        lost=tuple(_lost(history)),
        false=tuple(_false(history, took)),
        unflagged=tuple(_unflagged(history, twice)),
        others=tuple(
            finding
            for rule in (_strays, _changed, _unapproved, _doubles, _doubted, _misled, _unfounded)
            for finding in rule(history)
        ),
    )


def _lost(history: History) -> Iterator[str]:
    """Letters somebody was thanked for that are not there, or still wait when all is calm."""
    letters = Counter(one.submission for one in history.letters)
    for one in history.thanked:
        if letters[one.submission] < one.letters:
            yield f"lost: {one.submission} has {letters[one.submission]} of {one.letters} letters"
    for letter in history.letters:
        if letter.state in OPEN:
            yield f"lost: {letter.id} is still {letter.state} when all is calm"
        elif letter.state not in ACCEPTED | TOLD:
            yield f"lost: {letter.id} is {letter.state}, which no rule knows"


def _false(history: History, took: Counter[str]) -> Iterator[str]:
    for letter in history.letters:
        if letter.state in ACCEPTED and not took[letter.id]:
            yield f"false: {letter.id} is {letter.state}, and the relay never took it"


def _unflagged(history: History, twice: set[str]) -> Iterator[str]:
    for letter in history.letters:
        if letter.id in twice and not letter.possibly_twice:
            yield f"unflagged: {letter.id} was taken twice and says nothing of it"


def _strays(history: History) -> Iterator[str]:
    """What the relay took and nobody wrote, or what went to another office."""
    known = {letter.id: letter for letter in history.letters}
    for entry in _took(history.log):
        letter = known.get(entry.letter)
        if letter is None:
            yield f"stray: the relay took {entry.letter}, which is not in the ledger"
        elif entry.recipient != letter.recipient:
            yield f"stray: {entry.letter} went to {entry.recipient}, not {letter.recipient}"


def _changed(history: History) -> Iterator[str]:
    """Messages that differ from the letter, or from themselves the second time."""
    known = {letter.id: letter for letter in history.letters}
    bodies: dict[str, set[str]] = defaultdict(set)
    for entry in _took(history.log):
        bodies[entry.letter].add(entry.sha256)
    for key, hashes in bodies.items():
        letter = known.get(key)
        if letter is None:
            continue
        if len(hashes) > 1:
            yield f"changed: {key} did not say the same each time"
        if letter.state in ACCEPTED and hashes != {letter.rebuilt}:
            yield f"changed: what the relay took of {key} is not what its text makes"
        if letter.state in ACCEPTED and letter.sha256 not in hashes:
            yield f"changed: the hash kept of {key} is not that of what the relay took"


def _unapproved(history: History) -> Iterator[str]:
    """Letters whose words no preview had shown."""
    texts: dict[str, list[str]] = defaultdict(list)
    for letter in history.letters:
        texts[letter.submission].append(letter.shown)
    for one in history.thanked:
        if one.previewed and sorted(one.previewed) != sorted(texts[one.submission]):
            yield f"unapproved: {one.submission} does not say what its preview showed"


def _doubles(history: History) -> Iterator[str]:
    """More than one letter of a person to an official."""
    took = {entry.letter for entry in _took(history.log)}
    pairs = Counter(
        (letter.person, letter.official) for letter in history.letters if letter.id in took
    )
    for (person, official), times in pairs.items():
        if times > 1:
            yield f"double: {times} letters of {person} to {official}"


def _doubted(history: History) -> Iterator[str]:
    """A death may leave one wave in doubt, and no more."""
    reaped = sum(doubt.reaped for doubt in history.doubts)
    if reaped > history.waves * history.wave:
        yield f"doubt: {reaped} letters, {history.waves} deaths with {history.wave} in a wave"


def _misled(history: History) -> Iterator[str]:
    """Receipts that said more, or less, than was true when they were read."""
    first: dict[str, float] = {}
    times = Counter(entry.letter for entry in _took(history.log))
    for entry in _took(history.log):
        first.setdefault(entry.letter, entry.at)
    places: dict[tuple[str, str], list[Letter]] = defaultdict(list)
    for letter in history.letters:
        if letter.state != "cancelled":  # a second letter's receipt tells of the first
            places[letter.submission, letter.recipient].append(letter)
    for shown in history.shown:
        for letter in places[shown.submission, shown.recipient]:
            moment = first.get(letter.id)
            if shown.sent and (moment is None or moment > shown.at):
                yield f"misled: a receipt said {letter.id} was accepted before it was"
            if shown.final and shown.sent != (letter.state in ACCEPTED):
                yield f"misled: the last receipt of {letter.id} does not say {letter.state}"
            if shown.final and times[letter.id] > 1 and not shown.twice:
                yield f"misled: a receipt hides that {letter.id} went twice"
            if shown.final and letter.state == "failed" and moment and not shown.twice:
                yield f"misled: a receipt hides that {letter.id} has arrived all the same"


def _unfounded(history: History) -> Iterator[str]:
    """Failures that the relay did not cause, that were none, or that nobody was told of."""
    refused = {entry.letter for entry in history.log if entry.did == REFUSED and entry.code >= 500}
    took = {entry.letter for entry in _took(history.log)}
    for letter in history.letters:
        if letter.state != "failed":
            continue
        if letter.reason == "refused" and letter.id not in refused:
            yield f"unfounded: {letter.id} failed, and the relay never refused it for good"
        if letter.id in took and not letter.possibly_twice:
            yield f"unfounded: {letter.id} failed, though the relay took it"
        if not letter.told:
            yield f"untold: {letter.id} failed, and its supporter does not know"


def _took(log: Iterable[Entry]) -> Iterator[Entry]:
    return (entry for entry in log if entry.did == TOOK)
