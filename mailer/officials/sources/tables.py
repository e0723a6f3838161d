"""Tables of officials as text: any separator, any order of columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from mailer.officials.sources import columns
from mailer.officials.sources.values import Listing, NotAList, Raw
from mailer.records.findings import Findings

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MOST_ROWS = 50_000


def read(text: str, asked: Mapping[str, str], findings: Findings) -> Listing:
    """Every line below the one that names the columns; raises NotAList and columns.NoColumn."""
    lines = text.replace("\0", "\ufffd").split("\n")
    skipped = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    said = _SEPARATOR.fullmatch(lines[skipped]) if skipped < len(lines) else None
    lines = ["" if said and at == skipped else line for at, line in enumerate(lines)]
    delimiter = said[1] if said else _delimiter(lines, asked)
    rows = _rows(lines, delimiter, findings)
    line, header = next(rows, (0, []))
    if not line:
        raise NotAList("it holds nothing")
    if any("@" in cell for cell in header):
        raise NotAList("its first line names no columns: put one above, as name,email,district")
    found, notes = columns.assign(header, asked)
    _check(found.values(), header)
    raws = tuple(_raws(rows, header, found, findings))
    apart = _DELIMITERS.get(delimiter, delimiter)
    unread = [name for at, name in enumerate(header) if at not in found and name.strip()]
    more = (f"columns not read: {', '.join(unread)}",) if unread else ()
    return Listing(
        format="csv",
        raws=raws,
        notes=(f"columns parted by {apart}", *notes, *more),
        columns={header[at]: name for at, name in sorted(found.items())},
    )


def _delimiter(lines: Sequence[str], asked: Mapping[str, str]) -> str:
    """Whichever makes the first line name most of what we know, then most columns."""

    def score(delimiter: str) -> tuple[int, int]:
        try:
            header = next(filter(any, csv.reader(_ended(lines), delimiter=delimiter)), [])
        except csv.Error:
            return 0, 0
        named = {columns.bare(column) for column in asked}
        known = sum(bool(columns.guess(cell)) or columns.bare(cell) in named for cell in header)
        return known, len(header)

    return max(_DELIMITERS, key=score)


def _ended(lines: Sequence[str]) -> Iterator[str]:
    return (line + "\n" for line in lines)


def _rows(
    lines: Sequence[str], delimiter: str, findings: Findings
) -> Iterator[tuple[int, list[str]]]:
    """Each row that says something, with the line it begins on; stops where quotes are broken."""
    reader = csv.reader(_ended(lines), delimiter=delimiter, strict=True)
    number = 0
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            message = "the quotation marks of this line do not match: nothing below it was read"
            findings.error(start, 1, message, "add the one that is missing, or double it inside")
            return
        if cells is None:
            return
        number += 1
        if number > _MOST_ROWS:
            raise NotAList(f"it has more than {_MOST_ROWS:,} lines")
        if any(cell.strip() for cell in cells):
            yield start, cells


def _check(found: Collection[str], header: Sequence[str]) -> None:
    """A list without a column of names is none; one without addresses is told row by row."""
    if not {"name", "last", "sort"} & set(found):
        listed = ", ".join(name for name in header if name.strip())
        raise NotAList(
            f"no column is known as a name; there are {listed[:300]}."
            ' Say which: --map "Column=name"'
        )


def _raws(
    rows: Iterator[tuple[int, list[str]]],
    header: Sequence[str],
    found: Mapping[int, str],
    findings: Findings,
) -> Iterator[Raw]:
    for line, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            message = f"this line has {len(cells)} columns, the first line {len(header)}"
            hint = "put a value that holds the separator in quotation marks"
            findings.error(line, 1, message, hint)
            continue
        said = {name: cells[at] for at, name in found.items() if at < len(cells)}
        if any(value.strip() for value in said.values()):
            yield Raw(line=line, said=said)
