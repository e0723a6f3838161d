"""File names of letters: the campaign's slug, which is its address, and the language."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.campaigns.reader import MAIN_LANGUAGE
from mailer.records.findings import Wrong, quoted
from mailer.records.formats import language_of
from mailer.records.kinds import ID, LONGEST_ID, id_like

RESERVED = frozenset(
    {
        "staff", "hooks", "outbox", "confirm", "receipt", "privacy", "static", "media", "healthz",
        "readyz", "metrics", "about", "unsubscribe", "find", "erase", "data", "look",
    }
)  # fmt: skip
"""Addresses that are pages of the program itself."""


@dataclass(frozen=True, kw_only=True)
class LetterName:
    """What a file name says."""

    slug: str
    language: str


def letter_name(name: str) -> LetterName | str:
    """Slug and language of proctoring.md or proctoring.fr.md, or what is wrong with the name."""
    slug, dot, language = name.removesuffix(".md").partition(".")
    if not ID.fullmatch(slug) or len(slug) > LONGEST_ID:
        near = id_like(slug)
        hint = f"; call it {near}.md" if near else ""
        return f"a letter's file name has small letters, digits and single hyphens{hint}"
    if slug in RESERVED:
        return f"{quoted(slug)} is a page of the program itself; call the file {slug}-letter.md"
    if not dot:
        return LetterName(slug=slug, language=MAIN_LANGUAGE)
    try:
        code = language_of(language)
    except Wrong as wrong:
        return f"{wrong.message}; a translation is called {slug}.fr.md"
    if code == MAIN_LANGUAGE:
        return f"the English version is the main file {slug}.md"
    return LetterName(slug=slug, language=code)
