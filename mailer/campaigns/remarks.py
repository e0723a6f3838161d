"""What a careful reader would strike out of a merged letter, its subject and its salutation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailer.campaigns.values import MergedLetter, Supporter, Version
from mailer.problems import Severity

READABLE_SUBJECT = 100  # what mail programs still show of one
_OPEN_LINK = re.compile(r"(?i:http)://[^\s<>()\[\]\"']*")
_ANSWER = re.compile(r"(?:re|fwd?|tr|aw|ant)\s*:", re.IGNORECASE)
_GAP = re.compile(r"(?:^|\s)[,:;]|^\W*$")


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What may be remarked of many letters and is told once."""

    line: int = 0
    column: int = 0
    message: str
    severity: Severity = Severity.WARNING
    for_some: bool = False  # whose letters matters


def read_over(
    letter: MergedLetter, supporter: Supporter, version: Version, lines: Sequence[str]
) -> Iterator[Remark]:
    """What a careful reader would strike out of a merged letter."""
    said = " ".join(letter.body.split()).casefold()
    if supporter.personal.casefold() not in said:
        line, column = find("supporter.personal", lines, version.letter_line)
        message = "the supporter's own words are left out"
        yield Remark(line=line, column=column, message=message, for_some=True)
    if version.salutation and _GAP.search(letter.salutation):
        line, column = find(version.salutation, lines)
        message = f"the salutation has a gap: {letter.salutation}"
        yield Remark(line=line, column=column, message=message, for_some=True)
    yield from read_subject(letter.subject, lines)
    for link in dict.fromkeys(_OPEN_LINK.findall(letter.body)):
        line, column = _link(link, lines, version.letter_line)
        yield Remark(line=line, column=column, message="a link in the letter is not https")


def read_subject(said: str, lines: Sequence[str]) -> Iterator[Remark]:
    line, column = find(said, lines)
    if len(said) > READABLE_SUBJECT:
        message = f"a subject has {len(said)} characters: {said}"
        yield Remark(line=line, column=column, message=message)
    if _ANSWER.match(said):
        message = f"a subject looks like an answer to a mail that nobody wrote: {said}"
        yield Remark(line=line, column=column, message=message)
    if len(said) > 5 and said.isupper():
        message = f"a subject is all in capitals: {said}"
        yield Remark(line=line, column=column, message=message)


def _link(link: str, lines: Sequence[str], letter_line: int) -> tuple[int, int]:
    """Where a link stands: in the letter, else among the values it is merged from."""
    places = (find(part, lines, start) for start in (letter_line, 1) for part in (link, "http://"))
    return next((place for place in places if place[0]), (0, 0))


def find(text: str, lines: Sequence[str], start: int = 1) -> tuple[int, int]:
    """Line and column of the first line from `start` on that holds the text, else zeros."""
    for number, line in enumerate(lines[start - 1 :], start=start):
        if text and text in line:
            return number, line.index(text) + 1
    return 0, 0
