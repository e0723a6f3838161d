"""How hard a letter is to read, and how long it takes: counted, for whoever writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONG = 700
"""Words above which a letter takes more than a page and a half."""

HARD = 30.0
"""Reading ease below which only specialists read on ("very difficult": college graduates)."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_END = re.compile(r"[.!?…:;]+(?=\s|$)|\n[^\S\n]*[-*•]\s|\n{2,}")
_VOWELS = {
    "en": re.compile(r"[aeiouy]+"),
    "fr": re.compile(r"[aeiouyàâäéèêëîïôöùûüœæ]+"),
}
_SILENT = {
    "en": re.compile(r"(?<=[^aeiouyl])e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouycsxzh])es$"),
    "fr": re.compile(r"(?<=[^aeiouyéèê])(?:es?|ent)$"),
}
_PER_MINUTE = 220


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What counting says of a text."""

    words: int
    sentences: int
    ease: float | None  # 0 (very hard) to 100 (very easy); None for languages without a formula
    grade: float | None  # years of school, for English

    @property
    def minutes(self) -> int:
        """How long it takes to read, one minute at least."""
        return max(1, round(self.words / _PER_MINUTE))

    @property
    def level(self) -> str:
        """The ease in a word, by Flesch's table; "" where there is none."""
        if self.ease is None:
            return ""
        steps = ((70, "easy"), (60, "plain"), (50, "fairly hard"), (HARD, "hard"))
        return next((word for least, word in steps if self.ease >= least), "very hard")


def read(text: str, language: str) -> Reading:
    """Length and ease of a text.

    English: Flesch's reading ease (1948), with the weights for school years of Kincaid and others
    (1975). French: the ease as Kandel and Moles (1958) fitted it. Other languages: length alone.
    """
    found = _WORD.findall(text)
    sentences = max(1, len([part for part in _END.split(text) if _WORD.search(part)]))
    tongue = language.partition("-")[0]
    if not found or tongue not in _VOWELS:
        return Reading(words=len(found), sentences=sentences, ease=None, grade=None)
    length = len(found) / sentences
    syllables = sum(_syllables(word.casefold(), tongue) for word in found) / len(found)
    if tongue == "fr":
        ease = 207 - 1.015 * length - 73.6 * syllables
        return Reading(words=len(found), sentences=sentences, ease=ease, grade=None)
    return Reading(
        words=len(found),
        sentences=sentences,
        ease=206.835 - 1.015 * length - 84.6 * syllables,
        grade=0.39 * length + 11.8 * syllables - 15.59,
    )


def _syllables(word: str, tongue: str) -> int:
    """Groups of vowels, but those that are not spoken; at least one for each part of a word."""
    parts = [part for part in re.split(r"['’-]", word) if part]
    return sum(
        max(1, len(_VOWELS[tongue].findall(_SILENT[tongue].sub("", part)))) for part in parts
    )
