"""What needs somebody's attention now, each with its cause: the head of the staff's first page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailer import approvals, bulk
from mailer.bulk import Job
from mailer.campaigns.library import Content
from mailer.campaigns.values import Status
from mailer.limits import alarms as attacks
from mailer.limits.alarms import Alarm
from mailer.problems import Problem, Severity
from mailer.sendlog import counted, news
from mailer.sendlog.standing import Alarms
from mailer.status import State
from mailer.web.services import Services
from mailer.web.staff.lanes import alarms
from mailer.web.staff.news import TODAY, Refusals, refusals


@dataclass(frozen=True, kw_only=True)
class Attention:
    """All that does not go as it should, and what staff have to decide."""

    alarms: Alarms | None
    held: int  # up to counted.MANY, and one more for "more than that"
    uncertain: int
    failed: int
    problems: Sequence[Problem]  # of the organizer's files
    unapproved: Sequence[tuple[str, bool]]  # campaign, and whether an older edition is shown
    unseen: int  # news that somebody has to look at
    refusals: Sequence[Refusals]
    attacks: Sequence[Alarm]  # campaigns whose letters are confirmed by mail for now
    jobs: Sequence[Job]  # acts on many letters, under way

    def __bool__(self) -> bool:
        return any((
            self.alarms, self.held, self.uncertain, self.failed, self.problems, self.unapproved,
            self.unseen, self.refusals, self.attacks,
        ))  # fmt: skip


def now(work: Services, content: Content) -> Attention:
    """What needs attention at this moment; as cheap with a million letters as with none."""
    waiting = counted.waiting_for_people(work.store)
    return Attention(
        alarms=alarms(),
        held=waiting[State.REVIEW],
        uncertain=waiting[State.UNCERTAIN],
        failed=waiting[State.FAILED],
        problems=_to_tell(content.problems),
        unapproved=_unapproved(work, content),
        unseen=news.unseen(work.store),
        refusals=refusals(TODAY),
        attacks=attacks.standing(work.store),
        jobs=bulk.running(work.store),
    )


def _unapproved(work: Services, content: Content) -> list[tuple[str, bool]]:
    """The live campaigns that wait for approval, each with whether an older edition is shown.

    There are none while letters stay on this machine: nothing needs to be approved there.
    """
    live = [slug for slug, one in content.campaigns.items() if one.status is Status.LIVE]
    return [
        (slug, approvals.latest(work.store, slug) is not None)
        for slug in (live if work.delivers else ())
        if approvals.pending(work.store, content, slug)
    ]


def _to_tell(problems: Iterable[Problem]) -> list[Problem]:
    """What staff must know about the organizer's files: notes are for `mailer check` alone."""
    return [problem for problem in problems if problem.severity is not Severity.NOTE]
