"""What receivers look up before they believe a letter: SPF, DKIM, DMARC, MX and PTR.

Nothing is sent, and nothing but the name server is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailer.deliverability import dmarc, hosts, sending, signatures
from mailer.deliverability.hosts import own_address
from mailer.deliverability.names import Names, Unanswered
from mailer.deliverability.values import Published, Road, Sender
from mailer.problems import Finding

__all__ = ["Names", "Published", "Road", "Sender", "look", "own_address"]

LOOKS: dict[str, Callable[[Sender, Names], Iterator[Finding]]] = {
    "SPF": sending.look,
    "DKIM": signatures.look,
    "DMARC": dmarc.look,
    "MX": hosts.look_for_replies,
    "PTR": hosts.look_for_names,
}


def look(sender: Sender, names: Names) -> Iterator[Finding]:
    """All that is right and wrong about the sender's domain. What cannot be looked up is told."""
    for what, ask in LOOKS.items():
        try:
            yield from ask(sender, names)
        except Unanswered as error:
            if names.away:
                yield _unknown("DNS", f"could not look: {error}")
                return
            yield _unknown(what, f"could not look: {error}")


def _unknown(what: str, found: str) -> Finding:
    return Finding(
        level="warn", what=what, found=found, repair="run this again where names can be looked up"
    )
