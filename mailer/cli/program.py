"""The program's own words as somebody may have changed them: templates and translations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Message, TranslationError
from babel.messages.checkers import checkers
from babel.messages.pofile import PoFileError, read_po
from jinja2 import Environment, TemplateSyntaxError

from mailer.i18n import LOCALES
from mailer.pages import template_folders
from mailer.problems import Problem

_FOLDERS = ("pages", "staff", "email")
_JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def check(home: Path, locales: Path = LOCALES) -> tuple[Problem, ...]:
    """Templates that cannot be read, and translations that would break a page."""
    own = template_folders(home)[0]
    templates = (file for folder in _FOLDERS for file in sorted((own / folder).glob("*.*")))
    catalogues = sorted(locales.glob("*/LC_MESSAGES/messages.po"))
    return (
        *(found for file in templates for found in _template(file, home)),
        *(found for file in catalogues for found in _catalogue(file, home)),
    )


def _template(file: Path, home: Path) -> Iterator[Problem]:
    try:
        text = file.read_text(encoding="utf-8")
        _JINJA.parse(text)
    except UnicodeDecodeError:
        yield Problem(file=_name(file, home), message="the text is not UTF-8")
    except OSError as error:
        yield Problem(file=_name(file, home), message=f"it cannot be read: {error.strerror}")
    except TemplateSyntaxError as error:
        lines = text.split("\n")
        yield Problem(
            file=_name(file, home),
            line=error.lineno,
            column=1,
            message=f"this template cannot be read: {error.message}",
            suggestion="correct it, or take the file away: the program has its own",
            source=lines[error.lineno - 1] if error.lineno <= len(lines) else "",
        )


def _catalogue(file: Path, home: Path) -> Iterator[Problem]:
    language = file.parent.parent.name
    try:
        with file.open("rb") as opened:
            found = read_po(opened, locale=language, abort_invalid=True)
    except PoFileError as error:
        message = f"this is not a catalogue of translations: {error}"
        line = error.lineno + 1 if isinstance(error.lineno, int) else 0
        yield Problem(file=_name(file, home), line=line, column=1, message=message)
        return
    except (OSError, ValueError) as error:  # an unknown locale is a ValueError, too
        yield Problem(file=_name(file, home), message=f"it cannot be read: {error}")
        return
    for entry in list[object](found):
        if not isinstance(entry, Message) or not entry.id or not any(entry.string or ()):
            continue
        for checker in checkers:
            try:
                checker(found, entry)
            except TranslationError as error:
                yield Problem(
                    file=_name(file, home),
                    line=entry.lineno or 0,
                    column=1,
                    message=f"this translation would break its page: {error}",
                    suggestion="keep every %(name)s of the msgid as it is",
                )


def _name(file: Path, home: Path) -> str:
    """The file as somebody in the home folder would call it."""
    return str(file.relative_to(home)) if file.is_relative_to(home) else str(file)
