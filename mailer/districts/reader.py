"""Reads districts.csv: frozen values, and everything that is wrong with it at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from mailer import addresses
from mailer.districts import proofread
from mailer.districts.codes import LONGEST, bare
from mailer.districts.names import folded
from mailer.districts.proofread import Doubt, warn
from mailer.districts.values import District, Districts
from mailer.problems import Problem
from mailer.records import text as texts
from mailer.records.findings import Findings, TooManyProblems, quoted

FILE = "districts.csv"
LONGEST_NAME = 120
_DELIMITERS = (",", ";", "\t", "|")
_COLUMNS = ("code", "district", "region")
_NEEDED = ("code", "district")
_MEANT = {
    "code": ("postal code", "postcode", "postalcode", "zip", "code postal", "cp"),
    "district": ("riding", "constituency", "electoral district", "circonscription"),
}
_SEPARATOR = re.compile(r'"?sep=.?"?', re.IGNORECASE)
_RANGE = re.compile(r"(\w{3,})\s*[-\u2010-\u2015]\s*(\w{3,})")


@lru_cache(maxsize=2)  # the file is large, and most edits are of other files
def read(text: str, file: str = FILE) -> tuple[Districts, tuple[Problem, ...]]:
    """What the file says and what is wrong with it. With an ERROR among them, do not use it."""
    text = texts.clean(text)
    findings = Findings(file, text)
    try:
        districts = _Reading(findings.lines, findings).districts()
    except TooManyProblems:
        districts = Districts()
    return districts, findings.problems()


@dataclass(frozen=True, kw_only=True)
class _Header:
    """How the file is written, and which column is which."""

    delimiter: str
    columns: tuple[str, ...]
    line: int

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Where our columns stand; one that the file has not, behind them all."""
        names = self.columns
        return tuple(names.index(one) if one in names else len(names) for one in _COLUMNS)

    @cached_property
    def outside(self) -> bool:
        """True when the code stands first or last: a line is a code and the rest."""
        return "code" in {self.columns[0], self.columns[-1]}

    def ours(self, cells: Sequence[str]) -> tuple[str, ...]:
        """A row's code, district and region, "" for what it has not."""
        most = min(len(cells), len(self.columns))
        return tuple(cells[place].strip() if place < most else "" for place in self.places)


class _Reading:
    """One file, line by line: no value of it has more than one line."""

    def __init__(self, lines: Sequence[str], findings: Findings) -> None:
        self._lines = lines
        self._findings = findings
        self._named: dict[str, District] = {}
        self._keys: dict[str, str] = {}  # of each name as it is written
        self._alone: dict[str, tuple[str]] = {}  # of each text that stood beside a code
        self._codes: dict[str, tuple[str, ...]] = {}
        self._first: dict[str, int] = {}  # the line of each code
        self._further: dict[tuple[str, str], int] = {}  # and those of its other districts
        self._doubtful: list[Doubt] = []

    def districts(self) -> Districts:
        """Everything that could be read."""
        header = self._header()
        if header is None:
            return Districts()
        self._rows(header)
        if not self._codes and not self._findings.failed:
            self._findings.error(header.line, 1, "no codes stand below the first line")
        warn(self._doubtful, self._findings)
        canadian = proofread.check(self._first, self._findings)
        return Districts(codes=self._codes, named=self._named, canadian=canadian)

    def _header(self) -> _Header | None:
        """The first line that says something, or None after telling that it names no columns."""
        number = next((n for n, line in enumerate(self._lines, 1) if _says(line)), 0)
        if not number:
            self._findings.error(1, 1, "the file holds nothing yet", "begin with code,district")
            return None
        tried = [self._named_by(delimiter, number) for delimiter in _DELIMITERS]
        best = max(tried, key=lambda one: (_known(one), len(one.columns)))
        missing = [name for name in _NEEDED if name not in best.columns]
        for name in missing:
            message = f'the first line does not name a column "{name}"'
            self._findings.error(number, 1, message, _hint(name, best.columns))
        for name in _COLUMNS:
            if best.columns.count(name) > 1:
                message = f'the first line names "{name}" twice'
                self._findings.error(number, 1, message, "keep one of them")
        return None if self._findings.failed else best

    def _named_by(self, delimiter: str, number: int) -> _Header:
        cells = self._cells(self._lines[number - 1], delimiter) or ()
        columns = tuple(" ".join(cell.split()).casefold() for cell in cells)
        return _Header(delimiter=delimiter, columns=columns, line=number)

    def _rows(self, header: _Header) -> None:
        """Every line below the header.

        Lists have hundreds of thousands: one that says of its code what another line said of
        another code is read in a few steps.
        """
        codes, first, alone = self._codes, self._first, self._alone
        leads = header.columns[0] == "code"
        part, at = (str.partition, 0) if leads else (str.rpartition, 2)
        for number, line in enumerate(self._lines[header.line :], header.line + 1):
            parts = part(line, header.delimiter)
            written, beside = parts[at], parts[2 - at]
            district = alone.get(beside)
            if district and written.isascii() and len(written) <= LONGEST:
                code = written.replace(" ", "").upper()
                if code.isalnum() and code not in codes:
                    codes[code] = district
                    first[code] = number
                    continue
            key = self._line(number, line, header)
            if key and '"' not in written:
                alone[beside] = (key,)

    def _line(self, number: int, line: str, header: _Header) -> str:
        """Read one line; the key of its district when that is all there is to say of it."""
        cells = self._cells(line, header.delimiter)
        if cells is None:
            message = "a quotation mark opens here, and nothing closes it on this line"
            self._findings.error(number, line.find('"') + 1, message, "add one, or take it out")
        elif any(map(str.strip, cells)):
            told = len(self._doubtful)
            key = self._row(number, cells, header)
            whole = header.outside and len(cells) == len(header.columns)
            return key if whole and len(self._doubtful) == told else ""
        return ""

    @staticmethod
    def _cells(line: str, delimiter: str) -> Sequence[str] | None:
        """The line's cells; None when a quotation mark has no partner."""
        if '"' not in line:
            return line.split(delimiter)
        try:
            return next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error:
            return None

    def _row(self, number: int, cells: Sequence[str], header: _Header) -> str:
        """Take in a row; its district's key, "" after telling what is wrong."""
        written, name, region = header.ours(cells)
        code = bare(written)
        wrong_code = _wrong_code(written, code)
        wrong = wrong_code or (None if name in self._keys else _wrong_name(name))
        if len(cells) > len(header.columns) and any(map(str.strip, cells[len(header.columns) :])):
            message = f"this line has {len(cells)} columns, the first line {len(header.columns)}"
            hint = "put a name that holds the separator in quotation marks"
            self._findings.error(number, 1, message, hint)
        elif wrong:
            at = self._lines[number - 1].find(written if wrong_code else name) + 1
            self._findings.error(number, at, *wrong)
        else:
            return self._add(number, code, name, region)
        return ""

    def _add(self, number: int, code: str, name: str, region: str) -> str:
        key = self._keys.get(name) or self._keys.setdefault(name, folded(name))
        known = self._named.get(key)
        if known is None:
            self._named[key] = District(name=name, region=region, line=number)
        elif region and known.region and region != known.region:
            message = f"{quoted(name)} is in {known.region} on line {known.line}, here in {region}"
            self._doubtful.append((number, message, "give two districts two names"))
        if key in self._codes.setdefault(code, ()):
            first = self._further.get((code, key)) or self._first[code]
            message = f"{quoted(code)} and {quoted(name)} stand on line {first} already"
            self._doubtful.append((number, message, "take one of the lines away"))
            return key
        self._codes[code] += (key,)
        if self._first.setdefault(code, number) != number:
            self._further[code, key] = number
        return key


def _says(line: str) -> bool:
    """True for a line that is neither empty nor what spreadsheets read their separator from."""
    return bool(line.strip()) and _SEPARATOR.fullmatch(line.strip()) is None


def _known(header: _Header) -> int:
    return sum(name in header.columns for name in _COLUMNS)


def _hint(name: str, columns: Sequence[str]) -> str:
    meant = next((column for column in columns if column in _MEANT[name]), "")
    return f"write {name} instead of {meant}" if meant else "begin with a line code,district"


def _wrong_code(written: str, code: str) -> tuple[str, str] | None:
    """What is wrong with a code as written and as compared, and what to do; None if nothing is."""
    if not written:
        return "the code is missing on this line", "write it, or take the line away"
    found = None if written.replace(" ", "").isalnum() else _RANGE.fullmatch(written)
    if found and len(found[1]) == len(found[2]):
        hint = "write a line for each code, or the beginning that all of them share"
        return f"{quoted(written)} is a range of codes", hint
    if not code.isalnum():
        begins = code.rstrip("*%?_")
        hint = f"write {begins}: it stands for every code that begins so"
        wild = begins.isalnum()
        return f"{quoted(written)} is not a postal code", hint if wild else "use letters and digits"
    if len(code) > LONGEST:
        return f"{quoted(written)} is too long for a postal code", f"at most {LONGEST} characters"
    return None


def _wrong_name(name: str) -> tuple[str, str] | None:
    """What is wrong with a district's name, and what to do; None when nothing is."""
    if not name:
        return "the district is missing on this line", "write it, or take the line away"
    if len(name) > LONGEST_NAME:
        return f"the district has {len(name)} characters", f"keep it under {LONGEST_NAME}"
    if addresses.hostile(name.replace("\t", " ")):
        return "the district holds an invisible character", "delete it and type the text again"
    if not folded(name):
        return f"{quoted(name)} is not the name of a district", "write its name in words"
    return None
