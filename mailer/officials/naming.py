"""Ids for people who are new: made from their names, and never those of anybody before."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailer.records.kinds import LONGEST_ID, id_like

_RETIRED = re.compile(r"^[ \t]*# never used again: (.*)$", re.MULTILINE)


def made(name: str, email: str, taken: Iterable[str]) -> str:
    """An id for a name, with a number behind it where others have it; `taken` is everybody's."""
    # Names in other alphabets have no letters of ours; addresses do.
    plain = id_like(name) or id_like(email.partition("@")[0]) or "official"
    known = set(taken)
    number, found = 1, plain
    while found in known:
        number += 1
        found = f"{plain[: LONGEST_ID - len(str(number)) - 1].rstrip('-')}-{number}"
    return found


def retired(text: str) -> frozenset[str]:
    """The ids that a comment of officials.yaml keeps from being used again."""
    return frozenset(
        one.strip() for found in _RETIRED.finditer(text) for one in found[1].split(",")
    )


def retire(text: str, ids: Iterable[str]) -> str:
    """The text with a comment that keeps these ids from being used again."""
    more = [one for one in ids if one not in retired(text)]
    known = _RETIRED.search(text)
    if not more:
        return text
    if known:
        return f"{text[: known.end()].rstrip()}, {', '.join(more)}{text[known.end() :]}"
    note = f"  # never used again: {', '.join(more)}\n"
    return re.sub(r"^officials:[^\n]*\n", lambda found: found[0] + note, text, count=1, flags=re.M)
