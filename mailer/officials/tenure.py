"""Whether every post has somebody in it: today, and as far as the file looks ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from mailer.officials.values import Holding, Official, Officials, Post
from mailer.problems import Problem, Severity
from mailer.records import text as texts
from mailer.records.findings import printable

Term = tuple[Holding, Official]

_DAY = timedelta(days=1)


def check(officials: Officials, file: str, text: str, *, now: float) -> tuple[Problem, ...]:
    """Posts without a holder today or for some days to come, each told at its line of `text`.

    A post that nobody has ever held is told of when the file is read.
    """
    lines = texts.clean(text).split("\n")
    terms: dict[str, list[Term]] = {}
    for person in officials.people.values():
        for holding in person.holds:
            terms.setdefault(holding.post, []).append((holding, person))
    return tuple(
        problem
        for name, post in officials.posts.items()
        for line, message, hint, severity in _post(post, terms.get(name, []), now)
        for problem in (_problem(file, lines, line, message, hint, severity),)
    )


def _post(post: Post, terms: list[Term], now: float) -> Iterator[tuple[int, str, str, Severity]]:
    """What is to be told of one post: its line, the message, what to do, how much it matters."""
    day = datetime.fromtimestamp(now, ZoneInfo(post.timezone) if post.timezone else UTC).date()
    terms = sorted(terms, key=lambda term: term[0].start or date.min)
    past = [term for term in terms if term[0].until and term[0].until < day]
    here = [term for term in terms if term[0].on(day)]
    coming = [term for term in terms if term[0].start and term[0].start > day]
    if not here and coming:
        first, who = coming[0]
        message = f"nobody holds the post {post.id} before {first.start}, when {who.id} begins"
        yield first.line, message, "give the one before an until on the day before", _WARNING
    elif not here and past:
        last, who = max(past, key=lambda term: term[0].until or date.min)
        message = f"nobody holds the post {post.id} since {last.until}, the last day of {who.id}"
        yield (
            last.until_line,
            message,
            "add who followed, with from: and the day they began",
            _WARNING,
        )
    ahead = here[-1:] + coming
    for (earlier, before), (later, after) in pairwise(ahead):
        if earlier.until and later.start and later.start > earlier.until + _DAY:
            first_day, last_day = earlier.until + _DAY, later.start - _DAY
            message = (
                f"nobody holds the post {post.id} from {first_day} to {last_day}, between"
                f" {before.id} and {after.id}"
            )
            yield later.line, message, f"let {after.id} begin on {first_day}", _WARNING
    if ahead and ahead[-1][0].until:
        last, who = ahead[-1]
        message = f"nobody follows {who.id} in the post {post.id} after {last.until}"
        yield last.until_line, message, "add who does, once it is known", Severity.NOTE


def ahead(officials: Officials, official: str, day: date) -> Iterator[str]:
    """What the file knows of the posts that someone holds on a day: until when, and who follows."""
    for held in officials.people[official].holds:
        if not held.on(day):
            continue
        last = f" until {held.until}" if held.until else ""
        next_ = min(
            (
                (term.start, person.name)
                for person in officials.people.values()
                for term in person.holds
                if term.post == held.post and term.start and term.start > day
            ),
            default=None,
        )
        follows = f", then {next_[1]} from {next_[0]}" if next_ else ""
        if last or follows:
            yield f"{officials.people[official].name} holds {held.post}{last}{follows}"


_WARNING = Severity.WARNING


def _problem(
    file: str, lines: list[str], line: int, message: str, hint: str, severity: Severity
) -> Problem:
    return Problem(
        file=file,
        line=line,
        column=1 if line else 0,
        message=message,
        suggestion=hint,
        severity=severity,
        source=printable(lines[line - 1]) if 0 < line <= len(lines) else "",
    )
