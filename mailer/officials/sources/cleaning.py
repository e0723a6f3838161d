"""Values as spreadsheets and web pages leave them, made clean; what was done is kept to be told."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import defaultdict

_SEPARATORS = ",;|\t "
_CODE = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_JOINED = frozenset({"Lo", "Mn", "Mc"})
_PAIRS = frozenset({'""', "''", "“”", "«»", "‘’"})
_MOST_LINES = 5


class Cleaner:
    """Cleans values one by one, and remembers on which lines it did what."""

    def __init__(self) -> None:
        self._done: dict[str, list[int]] = defaultdict(list)

    def value(self, text: str, line: int) -> str:
        """The text without what nobody can see or meant to write; on one line."""
        if text.isascii() and text.isprintable() and text == text.strip(_SEPARATORS + "\"'&"):
            plain = text if "&" not in text else self._decoded(text, line)
            return self._spaced(plain, line)
        text = self._decoded(text, line)
        text = self._visible(unicodedata.normalize("NFC", text), line)
        text = self._spaced(text, line)
        text = self._bare(text, line)
        return self._unquoted(text, line)

    def notes(self) -> tuple[str, ...]:
        """What was done, each kind once, with the first lines it was done on."""
        return tuple(f"{what}: {_listed(lines)}" for what, lines in self._done.items())

    def note(self, what: str, line: int) -> None:
        """Remember something that was made right."""
        lines = self._done[what]
        if not lines or lines[-1] != line:
            lines.append(line)

    def _decoded(self, text: str, line: int) -> str:
        found = html.unescape(text) if _CODE.search(text) else text
        if found != text:
            self.note("codes of web pages (such as &amp;) were made letters", line)
        return found

    def _visible(self, text: str, line: int) -> str:
        found: list[str] = []
        before = ""
        for one in text:
            kind = unicodedata.category(one)
            if one == "\t":
                found.append(" ")
            elif one in "\n\r\v\f\u2028\u2029\u0085":
                found.append("\n")
            elif kind == "Zs":
                found.append(" ")
                if one != " ":
                    self.note("odd spaces were made ordinary ones", line)
            elif kind[0] != "C" or (one in "\u200c\u200d" and before in _JOINED):
                found.append(one)
            else:
                self.note("invisible characters were taken out", line)
            before = kind
        return "".join(found)

    def _spaced(self, text: str, line: int) -> str:
        lines = [part.strip(" ,;") for part in text.split("\n")]
        if sum(map(bool, lines)) > 1:
            self.note("values of several lines were made one", line)
        return " ".join(", ".join(filter(None, lines)).split()) if "\n" in text else _single(text)

    def _bare(self, text: str, line: int) -> str:
        found = text.strip(_SEPARATORS)
        if found != text.strip():
            self.note("stray commas, semicolons and bars at the ends were taken off", line)
        return found

    def _unquoted(self, text: str, line: int) -> str:
        found = text[1:] if re.match(r"'[-+=@\d]", text) else text
        while len(found) > 1 and found[0] + found[-1] in _PAIRS:
            found = found[1:-1].strip(_SEPARATORS)
        if found != text:
            self.note("quotation marks around values were taken off", line)
        return found


def _single(text: str) -> str:
    return " ".join(text.split())


def _listed(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:_MOST_LINES]))
    more = len(lines) - _MOST_LINES
    word = "line" if len(lines) == 1 else "lines"
    return f"{word} {shown}" + (f" and {more} more" if more > 0 else "")
