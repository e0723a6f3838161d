"""The fixed block at the end of every letter: an office can answer, sort, and see why it came."""

from __future__ import annotations

from mailer.campaigns.values import Supporter

_LABELS = {
    "en": ("District: ", "Reply to: ", "Why this letter reached you: "),
    "fr": (
        "Circonscription\u00a0: ",
        "Répondre à\u00a0: ",
        "Pourquoi vous recevez cette lettre\u00a0: ",
    ),
}


def block(supporter: Supporter, language: str, about: str = "") -> str:
    """Name, street address where given, postal code, district, where to reply.

    `about` is the address of the page that says why letters come; it stands last, by itself.
    """
    lives, reply, why = _LABELS.get(language.partition("-")[0], _LABELS["en"])
    district = supporter.lives_in(language)
    lines = (
        supporter.name,
        supporter.address.strip("\n"),
        supporter.postal_code,
        district and lives + district,
        reply + supporter.email,
        about and f"\n{why}{about}",
    )
    return "\n".join(filter(None, lines))
