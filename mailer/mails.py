"""The mails we write ourselves, to supporters and staff: their words, in the reader's language."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailer import i18n
from mailer.pages import template_folders


def confirmation(language: str, campaign_title: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail that asks a supporter to confirm; nothing typed is in it."""
    return _write("confirmation", language, campaign=campaign_title, link=link)


def already(language: str, campaign_title: str) -> tuple[str, str]:
    """Subject and text of the mail that tells an address its person had written before."""
    return _write("already", language, campaign=campaign_title)


def reset(language: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail with a link to choose a new password."""
    return _write("reset", language, link=link)


def _write(name: str, language: str, **values: str) -> tuple[str, str]:
    """A template's first line is the subject; the text begins after an empty line."""
    written = _environment(language).get_template(f"email/{name}.txt").render(values)
    subject, _, text = written.partition("\n")
    return " ".join(subject.split()), text.strip("\n") + "\n"


@cache
def _environment(language: str) -> Environment:
    """Plain-text templates in one language; what is set in is never escaped, and never code."""
    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in template_folders()]),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - text/plain: escaping would change what people read
    )
    extended = cast(Any, environment)  # the extension adds what its type does not tell
    extended.install_gettext_translations(i18n.text(language), newstyle=True)
    return environment
