"""`mailer officials import`: a list from elsewhere becomes part of officials.yaml."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from mailer.campaigns.library import LARGEST, OFFICIALS, read_content, read_files
from mailer.cli import base
from mailer.cli.differences import Difference
from mailer.cli.officials_diff import Day, today
from mailer.errors import ContentError, MailerError
from mailer.officials import merging, reader
from mailer.officials.merging import Merged
from mailer.officials.sources import reader as sources
from mailer.officials.sources.columns import FIELDS, NoColumn
from mailer.officials.sources.reader import Source
from mailer.officials.sources.values import FORMATS, Ask, NotAList
from mailer.officials.values import Officials
from mailer.problems import Problem, Severity
from mailer.records import encodings
from mailer.records import text as texts
from mailer.records.replacing import replace_text

BEGINNING = """\
# yaml-language-server: $schema=./officials.schema.json
#
# Who can be written to. Edit, save, and run `mailer check`: it tells of every mistake at once.
"""
_MOST_MISSING = 20


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is to happen beside the plain import."""

    tag: str
    prune: bool
    skip: bool
    yes: bool
    patch: bool


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Else it is found out.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="COLUMN=FIELD,...",
    help=f"What a column is: {', '.join(FIELDS)}; nothing behind = to leave it out.",
)
@click.option("--encoding", type=click.Choice(encodings.KNOWN), help="Else it is found out.")
@click.option("--date", "on", type=Day(), help="Whose members count; else today's.")
@click.option("--tag", default="", help="For everybody in the list, as member.")
@click.option(
    "--prune",
    is_flag=True,
    help="Take out whom the list does not name (with --tag: of those who have it).",
)
@click.option("--skip", is_flag=True, help="Leave out whom it cannot take, and go on.")
@click.option("--patch", is_flag=True, help="Show the changed lines of the file too.")
@click.option("--dry-run", is_flag=True, help="Write nothing: so it is without --yes.")
@click.option("--yes", is_flag=True, help="Write officials.yaml.")
@base.json_option
def import_(
    file: Path, kind: str | None, mapped: tuple[str, ...], encoding: str | None, on: date | None,
    tag: str, prune: bool, skip: bool, patch: bool, dry_run: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take officials from a list: CSV, Popolo JSON or Represent JSON.

    Shows what would become of officials.yaml, and who would get letters; --yes writes it. People
    are known by id or address, else by name and district. Comments, order and quotation marks of
    the file stay, and so does everybody whom the list does not name, unless --prune is given.

    \b
    Examples:
      mailer officials import members.csv
      mailer officials import members.csv --map "Riding=district,Notes=" --tag member --yes
      mailer officials import house-of-commons.json --format represent --yes
    """
    if dry_run and yes:
        raise click.UsageError("--dry-run writes nothing: take it or --yes away")
    settings = base.settings()
    day = on or today(settings)
    ask = Ask(format=kind or "", encoding=encoding or "", columns=_columns(mapped), day=day)
    source = _source(file, ask)
    wishes = Wishes(tag=tag, prune=prune, skip=skip, yes=yes, patch=patch)
    files, _ = read_files(settings.home)
    done = _Import(source, files, wishes, day)
    done.show(as_json=as_json)
    if done.errors:
        base.say(done.why_not())
        click.get_current_context().exit(base.PROBLEMS)
    if yes and done.changes_anything:
        replace_text(settings.home / OFFICIALS, done.merged.text, before=files.get(OFFICIALS))
    base.say(done.outcome())


class _Import:
    """One import: what it makes of the files, and what is to be said of it."""

    def __init__(self, source: Source, files: Mapping[str, str], wishes: Wishes, day: date) -> None:
        self._source = source
        self._files = files
        self._wishes = wishes
        self._before = texts.clean(files.get(OFFICIALS, "")) or BEGINNING
        officials, told = reader.read(self._before, OFFICIALS) if OFFICIALS in files else (None, ())
        if any(one.severity is Severity.ERROR for one in told):
            raise ContentError(told)
        known = officials or Officials()
        self.merged: Merged = merging.merge(
            source.rows, known, self._before, file=source.file, day=day, tag=wishes.tag,
            prune=wishes.prune,
        )  # fmt: skip
        self._problems = (*source.problems, *self.merged.problems)
        after, _ = reader.read(self.merged.text, OFFICIALS)
        self._harm = self._new_errors()
        self._difference = Difference(known, after, files, [day])

    @property
    def changes_anything(self) -> bool:
        """False where the file says all of it already."""
        return self.merged.text != self._before

    @property
    def refused(self) -> int:
        """How many people of the list cannot be taken."""
        return sum(one.severity is Severity.ERROR for one in self._problems)

    @property
    def errors(self) -> bool:
        """True where nothing may be written."""
        careless = self._wishes.prune and (self.refused or self._source.partial)
        return bool(self._harm or careless or (self.refused and not self._wishes.skip))

    def why_not(self) -> str:
        """Why nothing is written, and what to do."""
        if self._harm:
            return "Nothing is written: officials.yaml would have errors."
        if self._wishes.prune and self._source.partial:
            return "Nothing is written: --prune needs the whole list, and this is a part of it."
        people = "1 line" if self.refused == 1 else f"{self.refused} lines"
        if self._wishes.prune:
            return f"Nothing is written: --prune needs the whole list; correct {people} first."
        return f"Nothing is written: correct {people}, or leave them out with --skip."

    def outcome(self) -> str:
        """The last line."""
        if not self.changes_anything:
            return "officials.yaml says all of it already."
        if self._wishes.yes:
            return "officials.yaml is written."
        return "Nothing is written yet: --yes writes it."

    def show(self, *, as_json: bool) -> None:
        """Print what was found out, and what would change."""
        told = [*self._problems, *self._harm]
        if as_json:
            base.print_json(self._data(told))
            return
        base.say(base.report(told, err=True))
        for line in self._lines():
            click.echo(line)

    def _lines(self) -> Iterator[str]:
        yield from self._difference.lines()
        missing = self.merged.missing
        if missing and not self._wishes.prune:
            listed = ", ".join(missing[:_MOST_MISSING])
            more = len(missing) - _MOST_MISSING
            rest = f" and {more:,} more" if more > 0 else ""
            yield f"Not in the list, and kept ({len(missing):,}; --prune takes them out):"
            yield f"  {listed}{rest}"
        if self._wishes.patch:
            yield from self._patch()

    def _patch(self) -> Iterator[str]:
        before = self._before.splitlines() if OFFICIALS in self._files else []
        names = (OFFICIALS, f"{OFFICIALS} (new)")
        yield from difflib.unified_diff(before, self.merged.text.splitlines(), *names, lineterm="")

    def _data(self, told: list[Problem]) -> dict[str, Any]:
        return {
            "format": self._source.format,
            "encoding": self._source.encoding,
            "columns": self._source.columns,
            "problems": [asdict(one) for one in told],
            **self._difference.as_data(),
            "missing": list(self.merged.missing),
            "written": self._wishes.yes and not self.errors and self.changes_anything,
        }

    def _new_errors(self) -> tuple[Problem, ...]:
        """What would be wrong in the files then and is not now, found by what `check` uses."""
        if len(self.merged.text.encode()) > LARGEST:
            message = f"it would be larger than {LARGEST // 1_000_000} MB"
            return (Problem(file=OFFICIALS, message=message, suggestion="import a part of it"),)
        now = {_same(one) for one in read_content(self._files).problems}
        then = read_content({**self._files, OFFICIALS: self.merged.text}).problems
        errors = [one for one in then if one.severity is Severity.ERROR]
        if OFFICIALS not in self._files:  # nobody could be meant by a campaign before
            errors = [one for one in errors if one.file == OFFICIALS]
        return tuple(one for one in errors if _same(one) not in now)


def _same(problem: Problem) -> tuple[str, str]:
    return problem.file, problem.message


def _source(file: Path, ask: Ask) -> Source:
    try:
        with file.open("rb") as opened:
            data = opened.read(encodings.LARGEST + 1)
        return sources.read(data, file.name, ask)
    except NotAList as error:
        raise MailerError(f"{file}: {error}") from None
    except NoColumn as error:
        raise click.UsageError(f"--map: {error}") from None


def _columns(mapped: tuple[str, ...]) -> dict[str, str]:
    """What --map says: a comma parts two pairs only where a pair follows it."""
    found: dict[str, str] = {}
    for one in mapped:
        for pair in re.split(r",(?=[^,=]*=)", one):
            column, sign, field = pair.rpartition("=")
            if not sign or not column.strip():
                raise click.UsageError(f"--map {pair}: write COLUMN=FIELD, as Riding=district")
            found[column.strip()] = field.strip()
    return found
