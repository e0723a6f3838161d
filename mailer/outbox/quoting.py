"""What a server said of an account or a mailbox, without the letter it was said about.

A lane's reason and the log outlive the letter, and no erasure leads to them.
"""

from __future__ import annotations

import re

from mailer.errors import SendError
from mailer.message import Mail

SHORTEST = 3
"""Characters of what is looked for: shorter pieces stand in half of all words."""

_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w.-]{1,255}")


def unquoted(error: SendError, mail: Mail) -> str:
    """The error's words without whoever wrote the mail, without their words and addresses.

    The office's own mailbox may stand in it, and the campaign's.
    """
    said = str(error)
    known = {mail.from_address.lower(), "" if mail.auto else mail.to_address.lower()}
    said = _ADDRESS.sub(lambda one: one[0] if one[0].lower() in known else "(address)", said)
    for piece in sorted(_pieces(mail), key=len, reverse=True):
        said = re.sub(rf"(?<!\w){re.escape(piece)}(?!\w)", "(...)", said, flags=re.I)
        said = _without_its_beginning(said, piece)
    return said


def _without_its_beginning(said: str, piece: str) -> str:
    """Servers' words are cut somewhere, and so is what they quote last."""
    for length in range(min(len(piece) - 1, len(said)), SHORTEST, -1):
        if said.lower().endswith(piece[:length].lower()):
            return f"{said[:-length]}(...)"
    return said


def _pieces(mail: Mail) -> set[str]:
    names = {mail.from_name, mail.reply_name, *mail.from_name.split(" via ")[:1], mail.subject}
    addresses = {mail.reply_address, *((mail.to_name, mail.to_address) if mail.auto else ())}
    lines = {line.strip() for line in mail.text.splitlines()}
    return {one for one in names | addresses | lines if len(one) >= SHORTEST}
