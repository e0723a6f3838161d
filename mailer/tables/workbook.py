"""Workbooks (Office Open XML), written row by row: XlsxWriter keeps none of them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from mailer.tables.plain import Row, seconds

MOST = 1_048_575
"""Rows below the heading that one sheet can hold; the next ones go on another."""

LONGEST = 32_767
"""Characters that a cell can hold."""

_WIDTH = 18  # characters


def available(find: Callable[[str], object] = find_spec) -> bool:
    """True where the extra `xlsx` is installed; `find` looks for a module."""
    return find("xlsxwriter") is not None


def write_xlsx(
    head: Sequence[str], rows: Iterable[Row], to: Path | BinaryIO, *, title: str, most: int = MOST
) -> None:
    """Write a heading and the rows to a file; what was typed is always text, never a formula."""
    from xlsxwriter import Workbook  # the extra `xlsx`: nobody else pays for it

    book = Workbook(to, {"constant_memory": True, "remove_timezone": True})
    try:
        styles = {
            "head": book.add_format({"bold": True}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        source, number = iter(rows), 0
        while True:
            some = list(islice(source, 1))
            if not some and number:
                return
            number += 1
            sheet = book.add_worksheet(f"{title[:25]} {number}" if number > 1 else title[:31])
            _fill(sheet, head, chain(some, islice(source, most - 1)), styles)
    finally:
        book.close()


def _fill(sheet: Any, head: Sequence[str], rows: Iterable[Row], styles: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(head) - 1, _WIDTH)
    for column, text in enumerate(head):
        sheet.write_string(0, column, text, styles["head"])
    for line, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            _write(sheet, line, column, cell, styles)


def _write(sheet: Any, line: int, column: int, cell: object, styles: dict[str, Any]) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(line, column, cell[:LONGEST])
    elif isinstance(cell, bool):
        sheet.write_string(line, column, "yes" if cell else "no")
    elif isinstance(cell, float | datetime):
        at = datetime.fromtimestamp(int(seconds(cell)), UTC)
        sheet.write_datetime(line, column, at, styles["moment"])
    elif isinstance(cell, int):
        sheet.write_number(line, column, cell)
