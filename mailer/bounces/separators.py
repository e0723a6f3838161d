"""Where a bounce's own words end and the message it returns begins."""

from __future__ import annotations

import re

# In the order of the systems' ages, more or less; each stands alone in its line.
_LINES = re.compile(
    r"""^[ \t>]*(?:
      -{2,}\s*(?:below\ this\ line|enclosed|this\ is\ a\ copy|message\ header|unsent\ message
          |original\ message|the\ original\ message|mensaje\ original|returned\ (?:message|mail)
          |message\ text|failed\ message|begin\ message|start\ of\ original|message\ follows
          |undelivered\ message|the\ header\ and\ top|here\ is\ (?:your|the)|copy\ of|original
          |forwarded\ message|urspr.ngliche|headers?\ (?:of|follow))
      |(?:the\ )?(?:original|returned|undelivered|undeliverable|failed|unsent)\ (?:message|mail)
          (?:'s)?(?:\ (?:headers?|text|body))?\ (?:follows?|is\ below|was)
      |(?:original\ message|message)\ headers?\ (?:follow|:)
      |original\ message\ headers:?\s*$
      |(?:a\ )?copy\ of\ (?:the|your)\ (?:original\ )?message\b.{0,40}(?:follows|below)
      |your\ (?:original\ )?message\ (?:follows|is\ (?:attached|below)|reads?)
      |the\ (?:first|header|following\ is)\b.{0,60}(?:original|message\ follow)
      |received:\ (?:from|by|\()|return-path:\ ?<|x-original-to:|dkim-signature:
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def split(words: str) -> tuple[str, str]:
    """What is said, and the message that stands below it ("" when there is none)."""
    for found in _LINES.finditer(words):
        above, below = words[: found.start()], words[found.start() :]
        if above.strip():
            return above, _from_its_header(below)
    return words, ""


def _from_its_header(below: str) -> str:
    """The message without the line that announces it."""
    first, _, rest = below.partition("\n")
    announced = not re.match(r"[A-Za-z-]{2,40}:\s", first)
    return rest.lstrip("\n-= ") if announced else below
