"""All letters of a campaign as one page in a file: officials down, languages side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailer.campaigns.reading import Reading
from mailer.campaigns.values import Campaign
from mailer.cli.example import Example, Failed, without_ending

_TEMPLATES = Environment(
    loader=FileSystemLoader(str(Path(__file__).resolve().parent)),
    undefined=StrictUndefined,
    autoescape=True,
)


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """What is to be shown of a campaign."""

    campaign: Campaign
    made: Sequence[Example | Failed]
    role: str = ""
    problems: str = ""  # what `mailer check` found, counted in words


def page(gallery: Gallery) -> str:
    """The whole page: no script, nothing loaded from anywhere."""
    rows: dict[str, list[Example | Failed]] = defaultdict(list)
    for one in gallery.made:
        rows[one.recipient.official].append(one)
    languages = list(dict.fromkeys(one.language for one in gallery.made))
    return _TEMPLATES.get_template("side_by_side.html").render(
        title=gallery.campaign.version(languages[0] if languages else "").title,
        status=gallery.campaign.status.value,
        not_approved=gallery.campaign.status.value == "live",
        role=gallery.role,
        languages=[_called(language) for language in languages],
        readings=[_reading(gallery.made, language) for language in languages],
        problems=gallery.problems,
        rows=[_row(official, letters) for official, letters in rows.items()],
    )


def _row(official: str, made: Sequence[Example | Failed]) -> dict[str, Any]:
    reader = made[0].recipient
    about = [reader.title.get("en") or next(iter(reader.title.values()), ""), reader.email]
    return {
        "official": official,
        "name": reader.name,
        "about": ", ".join(filter(None, about)),
        "letters": [_letter(one) for one in made],
    }


def _letter(one: Example | Failed) -> dict[str, str]:
    shown = {"language": one.language, "called": _called(one.language), "failed": ""}
    if isinstance(one, Failed):
        return {**shown, "failed": one.reason}
    mail = one.mail
    return {
        **shown,
        "sender": f"{mail.from_name} <{mail.from_address}>",
        "reply": f"{mail.reply_name} <{mail.reply_address}>",
        "to": f"{mail.to_name} <{mail.to_address}>",
        "subject": mail.subject,
        "text": mail.text.strip("\n"),
    }


def _reading(made: Sequence[Example | Failed], language: str) -> dict[str, object]:
    """The longest letter of a language, counted."""
    letters = [one for one in made if isinstance(one, Example) and one.language == language]
    longest = max((without_ending(one) for one in letters), key=lambda one: one.words, default=None)
    return {
        "language": _called(language),
        "words": longest.words if longest else 0,
        "minutes": longest.minutes if longest else 0,
        "ease": in_words(longest) if longest else "",
    }


def in_words(found: Reading) -> str:
    """The reading ease, for people; "" where no formula is known for the language."""
    if found.ease is None:
        return ""
    school = f", {max(1, round(found.grade))} years of school" if found.grade is not None else ""
    return f"{round(found.ease)} of 100 ({found.level}{school})"


def _called(language: str) -> str:
    """A language's name in English."""
    name = Locale.parse(language, sep="-").get_display_name("en")
    return name or language
