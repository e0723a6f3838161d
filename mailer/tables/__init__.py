"""Rows as files: CSV, JSON lines, workbooks. In pieces, so that a million rows take no more memory.

What supporters typed stands in them, and spreadsheets run what looks like a formula. In CSV such a
cell gets an apostrophe in front, as the program's own sign for text; in a workbook every cell is
text or a number by its type.
"""

from mailer.tables.plain import Part, csv_bytes, csv_of_parts, json_bytes, moment, safe
from mailer.tables.workbook import MOST, available, write_xlsx

__all__ = [
    "MOST",
    "Part",
    "available",
    "csv_bytes",
    "csv_of_parts",
    "json_bytes",
    "moment",
    "safe",
    "write_xlsx",
]
