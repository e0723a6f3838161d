"""Free-mail providers, as filters know them.

Filters distrust a Reply-To at one of them under a sender of another domain: it is how letters from
nowhere look.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


def is_freemail(address: str) -> bool:
    """True when an address is at a provider where anybody gets one."""
    domain = address.rpartition("@")[2].lower()
    names, forms = _known()
    return domain in names or forms.fullmatch(domain) is not None


@cache
def _known() -> tuple[frozenset[str], re.Pattern[str]]:
    """The domains of the list, and the form of those that it names with a star."""
    text = Path(__file__).with_name("freemail.txt").read_text(encoding="ascii")
    listed = [line for line in text.splitlines() if not line.startswith("#")]
    starred = [re.escape(line).replace(r"\*", "[^.]*") for line in listed if "*" in line]
    return frozenset(line for line in listed if "*" not in line), re.compile("|".join(starred))
