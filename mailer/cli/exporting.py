"""`mailer log export` and `mailer log pack`: the log as a table, and letters on paper."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from mailer import audit, paper, tables
from mailer.cli import base
from mailer.cli.log import filters_of, wanted
from mailer.cli.paused import count
from mailer.cli.progress import Progress
from mailer.db import Store
from mailer.errors import MailerError
from mailer.i18n import SOURCE
from mailer.sendlog import exporting, pack, volume
from mailer.sendlog.exporting import ADMIN, Column
from mailer.tables import Part

FORMATS = ("csv", "xlsx", "jsonl")
ROLES = ("viewer", "moderator", "organizer", "admin")


@click.command()
@filters_of
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True,
    help="How it is written; xlsx needs the extra xlsx.",
)  # fmt: skip
@click.option(
    "--columns", "role", type=click.Choice(ROLES), default=ADMIN, show_default=True,
    help="Those that this role may have.",
)  # fmt: skip
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path),
              help="Into this file, not to the screen.")  # fmt: skip
def export(form: str, role: str, file: Path | None, **filters: str | None) -> None:
    """Write every letter that matches, newest first, a row for each; no words of letters.

    In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe. The audit
    notes how many rows were taken.

    \b
    Examples:
      mailer log export --format csv --campaign proctoring > letters.csv
      mailer log export --format xlsx --to letters.xlsx
      mailer log export --format jsonl --columns viewer --state failed
    """
    if form == "xlsx" and file is None and sys.stdout.isatty():
        raise click.UsageError("a workbook is not for the screen: name a file with --to")
    head = exporting.columns(role)
    with base.database(base.settings()) as store:
        counted = _Counted(exporting.parts(store, wanted(filters), head))
        try:
            _write(form, head, counted, file)
        finally:
            with store.write() as tx:
                audit.record(
                    tx, now=store.now(tx), actor=audit.COMMAND, act="export.letters",
                    count=counted.number, format=form, columns=role,
                )  # fmt: skip
    base.say(f"{count(counted.number, 'letter')} written.")


@click.command("pack")
@click.argument("campaign", metavar="CAMPAIGN")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="Into this folder, which is made.")  # fmt: skip
@click.option("--official", metavar="ID", default="", help="Only for this official.")
def pack_letters(campaign: str, folder: Path, official: str) -> None:
    """Put a campaign's letters on paper, for handing over in person: PDFs for each official.

    Each begins with a cover and a table of who wrote; many letters make several volumes. Letters
    that wait to be confirmed, are held or were withdrawn are left out. Needs the extra pdf.

    \b
    Example:
      mailer log pack proctoring --to var/pack
    """
    if not paper.available():
        raise MailerError("PDFs need the extra: pip install 'mailer[pdf]'")
    settings = base.settings()
    with base.database(settings) as store:
        found = [
            one for one in pack.offices(store, campaign) if official in {"", one.official}
        ]  # fmt: skip
        total = sum(one.letters for one in found)
        if not total:
            raise MailerError(
                f"there are no letters of {campaign!r} to put on paper: `mailer campaign list`"
                " and `mailer officials list` show what there is"
            )
        folder.mkdir(parents=True, exist_ok=True)
        files = _pack(store, campaign, found, folder, settings.timezone)
        with store.write() as tx:
            audit.record(
                tx, now=store.now(tx), actor=audit.COMMAND, act="export.pack", subject=campaign,
                count=total,
            )  # fmt: skip
    gone = sum(one.gone for one in found)
    base.say(f"{count(total, 'letter')} in {count(files, 'file')} in {folder}.")
    if gone:
        base.say(f"  {count(gone, 'letter')} left out: their text is not kept any more")


class _Counted:
    """Parts of a table that say how many rows of them were taken."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = parts
        self.number = 0

    def parts(self) -> Iterator[Part]:
        """Some rows at a time, column by column."""
        for part in self._parts:
            self.number += len(part[0])
            yield part

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        for part in self.parts():
            yield from zip(*part, strict=True)


def _write(form: str, head: tuple[Column, ...], rows: _Counted, file: Path | None) -> None:
    if form == "xlsx":
        if not tables.available():
            raise MailerError("workbooks need the extra: pip install 'mailer[xlsx]'")
        with tempfile.TemporaryDirectory() as folder:
            made = file or Path(folder) / "letters.xlsx"
            tables.write_xlsx([one.label for one in head], rows, made, title="Letters")
            if file is None:
                base.print_bytes(made.read_bytes())
        return
    if form == "jsonl":
        pieces = tables.json_bytes([one.key for one in head], rows)
    else:
        pieces = tables.csv_of_parts(
            [one.label for one in head], rows.parts(), bom=file is not None
        )
    if file is None:
        for piece in pieces:
            base.print_bytes(piece)
        return
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.writelines(pieces)


def _pack(
    store: Store, campaign: str, found: list[pack.Office], folder: Path, timezone: str
) -> int:
    """Write the volumes of each official; how many files that were."""
    progress, done, files = Progress(), 0, 0
    total = sum(one.letters for one in found)
    for office in found:
        first = 1
        for number, papers in enumerate(pack.volumes(store, campaign, office.official), 1):
            made = volume.pdf(
                papers, campaign=campaign, number=number, first=first, made_at=store.now(),
                timezone=timezone, language=SOURCE, say=str,
            )  # fmt: skip
            name = f"{campaign}-{re.sub(r'[^A-Za-z0-9._-]', '_', office.official)}-{number:03}.pdf"
            (folder / name).write_bytes(made)
            first, done, files = first + len(papers), done + len(papers), files + 1
            progress("letters", done, total)
    progress.close()
    return files
