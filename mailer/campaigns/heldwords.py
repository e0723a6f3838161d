"""Words for which a campaign lets somebody look first: whole ones, whatever case and accents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from mailer import addresses
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.kinds import Kind, line_of
from mailer.records.record import list_of
from mailer.records.tree import Item

LONGEST = 60
"""Characters of one entry: a word, or a few that belong together."""

HINTS = dict.fromkeys(
    ("banned_words", "bad_words", "blocked_words", "blacklist", "stop_words"),
    'write hold_words = ["..."]',
)
"""What to do about the names that the list has elsewhere."""

_WORD = re.compile(r"[^\W_]+")
_JOKERS = frozenset("*%?")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})

Words = tuple[str, ...]


def words(text: str) -> Words:
    """The words of a text as they are compared."""
    return tuple(_WORD.findall(addresses.folded(text).translate(_LIGATURES)))


def find(entries: tuple[str, ...], texts: Iterable[str]) -> tuple[str, ...]:
    """Those of the entries that stand in one of the texts, as the campaign writes them."""
    known = _by_words(entries)
    said = {run for text in texts for run in _runs(words(text), {len(one) for one in known})}
    return tuple(entry for run, entry in known.items() if run in said)


@lru_cache(maxsize=64)
def _by_words(entries: tuple[str, ...]) -> dict[Words, str]:
    return {words(entry): entry for entry in reversed(entries)}


def _runs(said: Words, lengths: Iterable[int]) -> Iterator[Words]:
    for length in lengths:
        for at in range(len(said) - length + 1):
            yield said[at : at + length]


def _read(item: Item, _: Findings) -> str:
    entry = line_of(item, LONGEST)
    if joker := next((sign for sign in entry if sign in _JOKERS), ""):
        raise Wrong(
            f"{quoted(entry)} has a {joker}, which stands for nothing: whole words are found",
            "write each form of the word by itself",
        )
    if not words(entry):
        raise Wrong(f"{quoted(entry)} holds no word", "write a word, or a few together")
    return entry


KIND = list_of(
    Kind(read=_read, schema={"type": "string", "minLength": 1, "maxLength": LONGEST}), "hold_words"
)


def check(item: Item | None, letter: str, findings: Findings) -> None:
    """Warn of entries given twice, of single signs, and of those that the letter itself says."""
    seen: set[Words] = set()
    said = words(letter)
    for one in item.value if item is not None and isinstance(item.value, tuple) else ():
        run = words(one.value) if isinstance(one.value, str) else ()
        if not run:
            continue  # told by whoever reads it
        if run in seen:
            message = f'"hold_words": {quoted(one.value)} stands in the list before'
            findings.note(one.line, one.column, message, "once is enough, in any spelling")
        elif len("".join(run)) == 1:
            message = f'"hold_words": {quoted(one.value)} is one sign, which many write'
            findings.warning(one.line, one.column, message, "write a whole word")
        elif run in _runs(said, {len(run)}):
            message = f'"hold_words": the letter itself says {quoted(one.value)}'
            hint = "take it out of the list: whoever changes the letter would be held"
            findings.warning(one.line, one.column, message, hint)
        seen.add(run)
