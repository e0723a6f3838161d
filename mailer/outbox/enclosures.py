"""Messages that go along with mails of ours: kept beside the letter, as they will leave."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select

from mailer.db import Tx
from mailer.db.schema import enclosure


def keep(tx: Tx, enclosed: Mapping[str, bytes]) -> None:
    """Keep messages by the ids of the letters with which they go."""
    rows = [
        {"letter": key, "content": base64.b64encode(content).decode()}
        for key, content in enclosed.items()
        if content
    ]
    if rows:
        tx.execute(insert(enclosure), rows)


def of(tx: Tx, letter_ids: Sequence[str]) -> dict[str, bytes]:
    """The messages that go along with these letters; none for most."""
    if not letter_ids:
        return {}
    wanted = select(enclosure).where(enclosure.c.letter.in_(letter_ids))
    return {row.letter: base64.b64decode(row.content) for row in tx.execute(wanted)}


def drop(tx: Tx, letter_id: str) -> None:
    """Forget what went along."""
    tx.execute(delete(enclosure).where(enclosure.c.letter == letter_id))
