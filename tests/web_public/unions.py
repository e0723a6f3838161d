"""A campaign of three organisations: two ask for supporters' details, one does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.web_public.homes import ROLES, write_campaign

ORGANISATIONS = """
[[organisations]]
id = "union"
name = "Example Union"
privacy = "https://union.example/privacy"
consent = true

[[organisations]]
id = "guild"
name = {en = "Example Guild", fr = "Guilde d'exemple"}
privacy = "https://guild.example/privacy"
consent = true

[[organisations]]
id = "quiet"
name = "Quiet Society"
privacy = "https://quiet.example/privacy"
"""
UNION = (
    "Example Union may have my name, email address and postal code, and know that I wrote in this"
    " campaign."
)
GUILD = UNION.replace("Union", "Guild")
UNION_FR = (
    "Example Union peut avoir mon nom, mon adresse courriel et mon code postal, et savoir que"
    " j’ai écrit dans cette campagne."
)
MEMBER = "https://member.example"


def write_coalition(home: Path, slug: str = "exams", **keys: Any) -> None:
    """A live campaign with them, in both languages."""
    write_campaign(home, slug, **keys)
    file = home / "templates" / "letters" / f"{slug}.md"
    before, _, after = file.read_text(encoding="utf-8").partition("[[organisations]]")
    _, _, signatories = after.partition("[[signatories]]")
    assert before, ROLES
    text = f"{before}{ORGANISATIONS}\n[[signatories]]{signatories}"
    file.write_text(text, encoding="utf-8")
