"""People of a list, judged: cleaned, made fit for officials.yaml, or refused with their line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from mailer.officials.schema import OFFICIAL
from mailer.officials.sources.cleaning import Cleaner
from mailer.officials.sources.values import Raw, Row
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.kinds import ID, LONGEST_ID
from mailer.records.record import Key
from mailer.records.tree import Item
from mailer.records.yaml_write import Plain

_KEYS = {key.name: key for key in OFFICIAL.keys}
_TEXTS = ("honorific", "salutation", "title", "phone", "address", "region", "district", "language")
_LISTS = ("tags", "portfolios")
_LANGUAGES = {"english": "en", "anglais": "en", "french": "fr", "francais": "fr", "français": "fr"}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What stands behind a comma without being a first name.
_SUFFIXES = frozenset(
    {
        *("jr", "sr", "ii", "iii", "iv", "phd", "md", "mp", "mpp", "mla", "mna", "mha", "kc", "qc"),
        *("cp", "pc", "om", "oc", "esq", "cr", "oq", "fils"),
    }
)
_ANGLED = re.compile(r"[^<>]*<([^<>]+)>")


class Judge:
    """Judges one list. A class because cleaning and findings are wanted everywhere."""

    def __init__(self, findings: Findings, day: date) -> None:
        self.cleaner = Cleaner()
        self.former = 0  # people whose time is over, or has not begun
        self._findings = findings
        self._day = day

    def rows(self, raws: Iterable[Raw]) -> list[Row]:
        """Everybody who can be used; the others are told."""
        return [row for raw in raws if (row := self._row(raw)) is not None]

    def _row(self, raw: Raw) -> Row | None:
        said = {name: self.cleaner.value(text, raw.line) for name, text in raw.said.items()}
        said = {name: text for name, text in said.items() if text}
        if not self._is_current(said):
            self.former += 1
            return None
        if self._has_formula(said, raw.line):
            return None
        name = self._checked("name", self._name(said, raw.line), raw.line)
        email = self._email(said.get("email", ""), raw.line)
        if name is None or email is None:
            return None
        return Row(
            line=raw.line,
            name=name,
            email=email,
            id=self._id(said.get("id", ""), raw.line),
            group=said.get("group", "")[:80],
            values=self._values(said, raw.line),
        )

    def _is_current(self, said: Mapping[str, str]) -> bool:
        """False for whose time is over. Days that cannot be read say nothing."""
        start, end = (_day(said.get(name, "")) for name in ("from", "until"))
        return (start is None or start <= self._day) and (end is None or self._day <= end)

    def _has_formula(self, said: Mapping[str, str], line: int) -> bool:
        wrong = next((name for name, text in said.items() if text.startswith("=")), "")
        if wrong:
            message = f"{quoted(wrong)} is a spreadsheet's formula: {quoted(said[wrong])}"
            self._findings.error(line, 0, message, "save the values of the sheet instead")
        return bool(wrong)

    def _name(self, said: Mapping[str, str], line: int) -> str:
        parts = [said[part] for part in ("first", "last") if part in said]
        if "name" not in said and parts:
            return " ".join(parts)
        name = said.get("name") or said.get("sort", "")
        family, comma, given = name.partition(",")
        if comma and "," not in given and _bare(given) not in _SUFFIXES and family.strip():
            self.cleaner.note("names with the last name first were turned round", line)
            return f"{given.strip()} {family.strip()}"
        return name

    def _email(self, written: str, line: int) -> str | None:
        """The address; "" where there is none, None after telling that it cannot be one."""
        found = re.sub(r"^mailto:\s*", "", written, flags=re.IGNORECASE)
        angled = _ANGLED.fullmatch(found)
        if angled and found.count("@") == 1:
            found = angled[1].strip()
        found = found.rstrip(".").strip("<>()[] ") if found.count("@") == 1 else found
        if found != written:
            self.cleaner.note("addresses were taken out of what stood around them", line)
        if not found:
            return ""
        checked = self._checked("email", found, line)
        return checked if checked is None else str(checked)

    def _checked(self, name: str, text: str, line: int) -> str | None:
        """What officials.yaml makes of a value it cannot do without, or None after an error."""
        try:
            return str(_read(_KEYS[name], text, line, self._findings))
        except Wrong as wrong:
            self._findings.error(line, 0, wrong.about(quoted(name)), wrong.suggestion)
            return None

    def _id(self, written: str, line: int) -> str:
        """An id of ours; "" for numbers and codes of others, from which nobody knows anybody."""
        if not written or _UUID.fullmatch(written) or written.isdigit():
            return ""
        if ID.fullmatch(written) and len(written) <= LONGEST_ID:
            return written
        self.cleaner.note("ids that cannot be ours were not taken: names make better ones", line)
        return ""

    def _values(self, said: Mapping[str, str], line: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for name in _TEXTS:
            text = self._optional(name, said.get(name, ""), line)
            by_language = {
                code: value
                for code in ("en", "fr")
                if (value := self._optional(name, said.get(f"{name}.{code}", ""), line))
            }
            if by_language and text and "en" not in by_language:
                by_language = {"en": text, **by_language}
            if len(by_language) > 1 and len(set(by_language.values())) > 1:
                found[name] = by_language
            elif text or by_language:
                found[name] = text or next(iter(by_language.values()))
        for name in _LISTS:
            parts = [part.strip() for part in re.split(r"[;,|]", said.get(name, ""))]
            kept = tuple(dict.fromkeys(part for part in parts if 0 < len(part) <= 80))
            if kept:
                found[name] = kept
        return found

    def _optional(self, name: str, text: str, line: int) -> str:
        """A value that may be missing: "" after a warning where it cannot be used."""
        if not text:
            return ""
        if name == "language":
            text = _LANGUAGES.get(text.casefold(), text)
        try:
            value = _read(_KEYS[name], text, line, self._findings)
        except Wrong as wrong:
            message = f"{wrong.about(quoted(name))}: left out"
            self._findings.warning(line, 0, message, wrong.suggestion)
            return ""
        return str(value[""]) if isinstance(value, dict) else str(value)


def _read(key: Key, text: str, line: int, findings: Findings) -> object:
    return key.kind.read(Item(value=text, line=line, column=0), findings)


def _bare(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.casefold())


def _day(text: str) -> date | None:
    """The day a text begins with, as 2019-06-20; a month alone is its first day."""
    found = re.match(r"(\d{4})-(\d\d)(?:-(\d\d))?", text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
    except ValueError:
        return None
