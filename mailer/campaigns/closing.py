"""The fixed block at the end of every letter, by which an office can answer and sort."""

from __future__ import annotations

from mailer.campaigns.values import Supporter

_LABELS = {
    "en": ("District: ", "Reply to: "),
    "fr": ("Circonscription\u00a0: ", "Répondre à\u00a0: "),
}


def block(supporter: Supporter, language: str) -> str:
    """Name, street address where given, postal code, district, and where to reply."""
    district, reply = _LABELS.get(language.partition("-")[0], _LABELS["en"])
    lines = (
        supporter.name,
        supporter.address.strip("\n"),
        supporter.postal_code,
        supporter.district and district + supporter.district,
        reply + supporter.email,
    )
    return "\n".join(filter(None, lines))
