"""Names of people that are something else: left-overs of spreadsheets and of haste."""

from __future__ import annotations

import re
import unicodedata

from mailer.records.findings import Findings, quoted
from mailer.records.tree import Item

_NOBODY = frozenset(
    {
        *(
            "tbd",
            "n/a",
            "na",
            "vacant",
            "vacante",
            "unknown",
            "inconnu",
            "none",
            "todo",
            "xxx",
            "test",
        ),
        *("to be announced", "to be determined", "poste vacant", "name", "nom", ""),
        *("tba", "your name", "your name here", "votre nom", "first last", "prénom nom"),
        *("firstname lastname", "first name last name", "full name", "nom prénom"),
    }
)
_TITLED = re.compile(
    r"(?:the (?:rt\. |right )?hon|hon\.|honou?rable|l'hon|minister\b|ministre\b"
    r"|mr\.? |mrs\.? |ms\.? |mme\.? |mlle\.? |monsieur |madame )",
    re.IGNORECASE,
)
_SUFFIXES = frozenset(
    {
        *("jr", "sr", "ii", "iii", "iv", "phd", "md", "mp", "mpp", "mla", "mna", "mha", "kc", "qc"),
        *(
            "cp",
            "pc",
            "om",
            "oc",
            "oq",
            "esq",
            "cr",
            "fils",
            "phdc",
            "ma",
            "ba",
            "llb",
            "rn",
            "obe",
        ),
    }
)
"""What stands behind a comma without being a first name."""


def check(item: Item | None, findings: Findings) -> None:
    """Warn of a name that is an address, a title, a placeholder, or turned round."""
    if item is None or not isinstance(item.value, str) or not item.value.strip():
        return
    name = item.value.strip()
    if "@" in name:
        message, hint = "holds an address", "write the name alone; the address goes under email"
    elif name.strip(" .?!/-_").casefold() in _NOBODY or not any(map(str.isalpha, name)):
        message, hint = (
            "is nobody's name",
            "a post that nobody holds needs no official: take it out",
        )
    elif _TITLED.match(name):
        message, hint = "begins with a title", "title: and honorific: are for that"
    elif any(unicodedata.category(one) == "So" for one in name):
        message, hint = "has a sign that is no letter", "take it away"
    elif name.isupper() and " " in name and name.isascii() and name != name.title():
        message, hint = "is all in capitals", f"did you mean {name.title()}?"
    elif _is_turned(name):
        last, _, first = name.partition(",")
        message, hint = "has the last name first", f"did you mean {first.strip()} {last.strip()}?"
    else:
        if name.islower() and name.isascii():
            hint = f"did you mean {name.title()}?"
            findings.note(item.line, item.column, f'"name": {quoted(name)} has no capital', hint)
        return
    findings.warning(item.line, item.column, f'"name": {quoted(name)} {message}', hint)


def _is_turned(name: str) -> bool:
    """True for Sample, Sam; not for Sam Sample, MPP."""
    last, comma, first = name.rstrip(",; ").partition(",")
    bare = re.sub(r"[^a-z]", "", first.casefold())
    return bool(comma) and "," not in first and " " not in last.strip() and bare not in _SUFFIXES
