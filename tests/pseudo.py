"""An installation that speaks one language more: every sentence in made-up Arabic, from the right.

`python -m tests.pseudo FOLDER`, with a copy of the program before this one on the path, shows that
language's pages of every state as JSON. The copy differs from the program by one folder.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

LANGUAGE = "ar"  # six plural forms, digits and months of its own
_KEPT = re.compile(r"(%\(\w+\)s|%%|<[^>]+>|&\w+;)")
_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


def said(sentence: str) -> str:
    """A sentence in letters of the other direction, with its blanks and tags in place."""
    parts = _KEPT.split(sentence)
    return "".join(
        part if at % 2 else re.sub(r"[A-Za-z]", _letter, part) for at, part in enumerate(parts)
    )


def _letter(found: re.Match[str]) -> str:
    return _LETTERS[ord(found[0].lower()) % len(_LETTERS)]


def add_language(locales: Path, sentences: Catalog) -> None:
    """Make the folder of the language, with its one file."""
    made = Catalog(locale=LANGUAGE)
    for message in sentences:
        if not message.id:
            continue
        plural = isinstance(message.id, tuple)
        words = (said(message.id[-1]),) * made.num_plurals if plural else said(message.id)
        made.add(message.id, words)
    folder = locales / LANGUAGE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.po").open("wb") as file:
        write_po(file, made)


def install(folder: Path, root: Path, sentences: Catalog) -> None:
    """A copy of the program that speaks the language, too."""
    away = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "mailer", folder / "mailer", ignore=away)
    shutil.copytree(root / "templates", folder / "templates", ignore=away)
    add_language(folder / "mailer" / "locale", sentences)


def main(folder: Path) -> dict[str, str]:
    """The pages that an organizer's campaigns have in the language, by state."""
    from mailer.config import Settings
    from mailer.db import Store, migrate
    from mailer.web import create_app
    from tests.conftest import Clock
    from tests.web_public import states

    home, clock = states.homes(folder / "home"), Clock(1_800_000_000.0)
    letters = home / "templates" / "letters"
    for french in letters.glob("*.fr.md"):
        shutil.copy(french, letters / french.name.replace(".fr.", f".{LANGUAGE}."))
    store = Store(f"sqlite:///{folder / 'pseudo.db'}", clock=clock)
    migrate.upgrade(store)
    app = create_app(Settings(home=home, secret_keys=(states.KEY,)), store)
    pages = states.tour(app, store, clock, LANGUAGE).pages
    store.close()
    return pages


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
