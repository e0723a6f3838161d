"""The program's own words in every language it speaks, read straight from the .po files."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE = "en"  # the language that the code and the templates are written in
LOCALES = Path(__file__).resolve().parent / "locale"
LANGUAGES = (
    SOURCE,
    *sorted(file.parent.parent.name for file in LOCALES.glob("*/LC_MESSAGES/messages.po")),
)
"""What the pages speak: a language is a folder with its translators' file, and nothing more."""


def mark(message: str) -> str:
    """The message unchanged: marks it for the catalogue where it is translated only later."""
    return message


def catalogue(language: str) -> Catalog:
    """The translations into `language` as the translators' file has them."""
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def text(language: str) -> NullTranslations:
    """The translations to ask with gettext and ngettext; English where there are none."""
    if language == SOURCE or language not in LANGUAGES:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled)
