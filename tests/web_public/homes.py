"""Small homes: two ministers and a campaign, written as an organizer writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

OFFICIALS = """\
officials:
  - id: north
    name: Nora North
    honorific: {en: The Honourable, fr: L'honorable}
    salutation: {en: Minister North, fr: Madame la Ministre}
    title: {en: Minister of Exams, fr: ministre des Examens}
    email: north@ministry.example
    tags: [exams]
  - id: south
    name: Sam South
    salutation: {en: Minister South, fr: Monsieur le Ministre}
    title: {en: Minister of Work, fr: ministre du Travail}
    email: south@ministry.example
"""
STORY = "Exams **moved** home."
LETTER = """\
I write about exams.
{% if "exams" in official.tags %}

Exams are in your care.
{% else %}

Work is in your care.
{% endif %}
{% if supporter.role == "student" %}

I am a student.
{% endif %}
{% if supporter.personal %}

{{ supporter.personal }}
{% endif %}
"""
FRENCH = """\
+++
title = "Des examens tranquilles"
salutation = "{{ official.salutation }},"
+++
Les examens ont changé.
***
J'écris au sujet des examens.
{% if supporter.personal %}

{{ supporter.personal }}
{% endif %}
"""
ROLES = """
[[roles]]
id = "student"
label = "Student"
prompt = "What was your exam like?"

[[organisations]]
id = "union"
name = "Example Union"

[[signatories]]
name = "Bo Example"
role = "Chair"
organisation = "union"
"""


def write_home(folder: Path) -> Path:
    """A home with the two officials and no campaign."""
    (folder / "templates" / "letters").mkdir(parents=True)
    (folder / "officials.yaml").write_text(OFFICIALS, encoding="utf-8")
    return folder


def write_campaign(home: Path, slug: str, *, french: bool = True, **keys: Any) -> None:
    """A live campaign that does not confirm, unless `keys` say otherwise."""
    matter = {
        "title": f"Quiet {slug}",
        "status": "live",
        "to": ["north", "south"],
        "confirm": False,
        "salutation": "Dear {{ official.salutation }},",
        **keys,
    }
    lines = "\n".join(f"{name} = {_toml(value)}" for name, value in matter.items())
    letters = home / "templates" / "letters"
    text = f"+++\n{lines}\n{ROLES}+++\n{STORY}\n***\n{LETTER}"
    (letters / f"{slug}.md").write_text(text, encoding="utf-8")
    if french:
        (letters / f"{slug}.fr.md").write_text(FRENCH, encoding="utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
