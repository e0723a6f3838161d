"""Texts that can be read and are hardly meant so: what copying and typing leave behind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from mailer.records.findings import Findings, quoted
from mailer.records.tree import Item, Table

Odd = tuple[str, str, int]
"""What is odd, what to do, and how many characters before it."""

_PLAIN = re.compile(r"[A-Za-z0-9 .'()+/!*%$=\[\]|\n-]*")
_BROKEN = re.compile("Ã[\u0080-\u00bf€‚„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€.|Â[\u00a0«»°©®]")
_HTML = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,6});|</?(?:a|b|br|div|em|i|p|span|strong)\b[^>]{,99}>")
_WIDE = re.compile("[\uff0e\uff10-\uff19\uff20-\uff3a\uff41-\uff5a\u3002]|[\u0300-\u036f]{3,}")
_BLANK = re.compile("[\u115f\u1160\u3164\uffa0\u2800]")  # letters, by Unicode's tables
_LOST = re.compile(r"(?<![\w/?=&.-])[^\W\d_]+\?[^\W\d_]+(?![\w/=&])")
_PAIRS = {"“": "”", "‘": "’", "„": "“”", "«": "»", '"': '"', "`": "`"}
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_WORD = re.compile(r"[^\W\d_]+")
_ONE_BY_ONE = ("salutation", "description", "prompt", "fallback_message")  # may end in a sign


def in_text(text: str) -> Odd | None:
    """The first thing that is odd in a text of any length, or None."""
    if _PLAIN.fullmatch(text):
        return None
    if "\ufffd" in text:
        hint = "type it again, and save the file as UTF-8"
        return "a character was lost here when the text was converted", hint, text.index("\ufffd")
    if broken := _BROKEN.search(text):
        message = f"{quoted(broken[0])} is an accent read in a wrong encoding"
        return message, "type it again, and save the file as UTF-8", broken.start()
    if html := _HTML.search(text):
        hint = "write the sign" if html[0][0] == "&" else "take it away"
        return f"{quoted(html[0])} is HTML, which nobody reads here", hint, html.start()
    if blank := _BLANK.search(text):
        message = f"a letter that nobody can see stands here: U+{ord(blank[0]):04X}"
        return message, "delete it and type the text again", blank.start()
    if lost := _LOST.search(text):
        message = f"{quoted(lost[0])} may have lost an accent when the text was converted"
        return message, "type it again, and save the file as UTF-8", lost.start()
    if sign := _WIDE.search(text):
        return f"{quoted(sign[0])} is a sign of another width", "type it again", sign.start()
    return next(_mixed(text), None) if not text.isascii() else None


def in_value(text: str, *, may_end_in_a_sign: bool = False) -> Odd | None:
    """The same of a value of one line, with what stands around it and does not belong to it."""
    if _PLAIN.fullmatch(text):
        return None
    if "\t" in text:
        return "a tab is part of the value", "write a space", text.index("\t")
    if len(text) > 1 and text[-1] in _PAIRS.get(text[0], ""):
        message = f"the quotation marks {text[0]} {text[-1]} are part of the value"
        return message, "only \" and ' are quotation marks here: write those", 0
    if text.count('"') % 2 or "\\" in text:
        sign = "\\" if "\\" in text else '"'
        hint = "take it away, or write its other half"
        return f"{sign} is part of the value", hint, text.index(sign)
    if text[0] in ",;:" or (text[-1] in ",;" and not may_end_in_a_sign):
        sign = text[0] if text[0] in ",;:" else text[-1]
        return f"{quoted(sign)} is part of the value", "take it away", text.index(sign)
    return in_text(text)


def tell(tables: Iterable[Item], findings: Findings, *, but: frozenset[str]) -> None:
    """Warn of odd values anywhere in these tables; keys in `but` are judged by others."""
    for item in tables:
        for name, value in _values(item, ""):
            if name in but or not isinstance(value.value, str) or not value.value.strip():
                continue
            found = in_value(value.value.strip(), may_end_in_a_sign=name in _ONE_BY_ONE)
            if found:
                findings.warning(value.line, value.column, f'"{name}": {found[0]}', found[1])


def _values(item: Item, name: str) -> Iterator[tuple[str, Item]]:
    """Every value with the key that it stands under."""
    if isinstance(item.value, Table):
        for key, entry in item.value.items():
            inner = name if name and len(key) == 2 else key  # texts by language
            yield from _values(entry.item, inner)
    elif isinstance(item.value, tuple):
        for one in item.value:
            yield from _values(one, name)
    else:
        yield name, item


def _mixed(text: str) -> Iterator[Odd]:
    """Words whose letters only look as if they were of one alphabet."""
    for word in _WORD.finditer(text):
        if word[0].isascii():
            continue
        scripts = [_script(character) for character in word[0]]
        if len({one for one in scripts if one}) > 1:
            usual = max(_SCRIPTS, key=scripts.count)
            at = next(n for n, one in enumerate(scripts) if one and one != usual)
            name = unicodedata.name(word[0][at], "").lower()
            message = f"{quoted(word[0])} has a letter of another alphabet: {name}"
            yield message, "type the word again", word.start() + at


def _script(character: str) -> str:
    name = unicodedata.name(character, "").partition(" ")[0]
    return name if name in _SCRIPTS else ""
