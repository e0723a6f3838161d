"""Every sentence of the program that is shown to people, gathered for the translators.

`python -m tests.catalogue` brings mailer/locale/*/LC_MESSAGES/messages.po up to date: new sentences
come in empty, those no longer used go. A test fails until each has its translation.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "mark": None}
JINJA = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}


def extracted() -> Catalog:
    """All sentences in the code and in the templates, with their places."""
    catalog = Catalog(project="mailer", charset="utf-8")
    for folder, methods in (
        ("mailer", [("**.py", "python")]),
        ("templates", [("letters/**", "ignore"), ("**.html", "jinja2"), ("**.txt", "jinja2")]),
    ):
        options = {"**.html": JINJA, "**.txt": JINJA}
        found = extract_from_dir(
            ROOT / folder, method_map=methods, options_map=options, keywords=KEYWORDS
        )
        for name, _, message, comments, context in found:
            place = (f"{folder}/{Path(name).as_posix()}", 0)
            catalog.add(message, locations=[place], auto_comments=comments, context=context)
    return catalog


def update() -> None:
    """Write what is new into every language's file, keeping all translations there are."""
    for file in sorted((ROOT / "mailer" / "locale").glob("*/LC_MESSAGES/messages.po")):
        with file.open("rb") as source:
            catalog = read_po(source, locale=file.parent.parent.name)
        made = catalog.creation_date
        catalog.project, catalog.version = "mailer", ""
        catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
        catalog.update(extracted(), no_fuzzy_matching=True)
        catalog.creation_date = made  # a date that changes with every run is only noise in a diff
        catalog.obsolete.clear()
        for message in catalog:
            if not all(_strings(message)):
                message.flags.discard("fuzzy")
        with file.open("wb") as target:
            write_po(target, catalog, width=100, sort_by_file=True, include_lineno=False)


def _strings(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


if __name__ == "__main__":
    update()
