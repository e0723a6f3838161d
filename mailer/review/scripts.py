"""Names and domains that look like others: letters of several alphabets that are drawn alike.

Latin, Cyrillic, Greek, Armenian and Cherokee share shapes (Unicode Technical Standard 39); one
word of a person is written in one of them. Chinese, Japanese and Korean names mix scripts that
nobody takes for each other, and a name may stand in two alphabets, as "Ελένη (Eleni)".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
_WORD = re.compile(r"[^\W\d_]+")
_PARTS = re.compile(r"[()\[\]/|,;–—]")

# Letters of other alphabets that nobody tells from a Latin one: whole words are made of them.
_DRAWN_AS_LATIN = frozenset(
    "аеорсухіїјѕһԁԛԝӏ" "АВЕКМНОРСТУХІЇЈЅԌԚԜӀ"  # Cyrillic
    "ονρϲϳ" "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"  # Greek
    "հոսցօ" "ՍՕՏ"  # Armenian
)  # fmt: skip


def are_mixed(name: str) -> bool:
    """True when letters of a name are drawn like those of another alphabet beside them."""
    if name.isascii():
        return False
    return any(_is_mixed(_WORD.findall(part)) for part in _PARTS.split(_composed(name)))


def is_imitation(domain: str) -> bool:
    """True for a domain that is drawn like another one; also as name servers know it (xn--)."""
    labels = [spelled(label) for label in domain.split(".")]
    if all(label.isascii() for label in labels):
        return False
    return any(_is_mixed([label]) for label in map(_composed, labels)) or (
        labels[-1].isascii() and any(map(_is_drawn_as_latin, map(_composed, labels[:-1])))
    )


def spelled(label: str) -> str:
    """A label of a domain in its own letters."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _is_mixed(words: list[str]) -> bool:
    scripts = [{_script(letter) for letter in word} & _ALIKE for word in words]
    if any(len(found) > 1 for found in scripts):
        return True
    latin = any(found == {"LATIN"} for found in scripts)
    return latin and any(map(_is_drawn_as_latin, words))


def _is_drawn_as_latin(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    return bool(letters) and _DRAWN_AS_LATIN.issuperset(letters)


def _composed(text: str) -> str:
    """Without accents, which hide what a letter is drawn like; letters of one width."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
