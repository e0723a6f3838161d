"""Words and domains of officials.yaml that are another one of it, but for a slip of the finger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

_MOST_PAIRS = 200_000


def slips(
    counted: Mapping[str, int], known: Collection[str] = (), *, at_least: int = 2
) -> dict[str, str]:
    """Of words used once, the usual one each was probably meant to be.

    Usual is what is in `known` or used `at_least` so often. Only a letter too many, too few, or two
    that changed places count: "ward-1" and "ward-2" are two words.
    """
    usual = {word for word, times in counted.items() if times >= at_least} | set(known)
    rare = [word for word, times in counted.items() if times == 1 and word not in known]
    if len(usual) * len(rare) > _MOST_PAIRS:
        return {}
    found = ((word, next((one for one in usual if _slipped(word, one)), "")) for word in rare)
    return {word: meant for word, meant in found if meant}


def count(words: Iterable[str]) -> Counter[str]:
    """How often each word stands there."""
    return Counter(words)


def _slipped(word: str, meant: str) -> bool:
    if abs(len(word) - len(meant)) > 1 or min(len(word), len(meant)) < 6 or word == meant:
        return False
    at = next(
        (n for n, (one, two) in enumerate(zip(word, meant, strict=False)) if one != two),
        min(len(word), len(meant)),
    )
    if len(word) == len(meant):
        swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
        return swapped == meant and word[at : at + 2].isalpha()
    longer, shorter = (word, meant) if len(word) > len(meant) else (meant, word)
    return longer[:at] + longer[at + 1 :] == shorter and longer[at].isalpha()
