"""When a letter is tried again, and when we give up: a pure plan, made from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.config import BACKOFF, DEADLINE, Settings


@dataclass(frozen=True, kw_only=True)
class RetryPlan:
    """Seconds until the next attempt, by attempts made, and seconds until we give up.

    RFC 5321, 4.5.4.1: half an hour apart at least, after a quick attempt or two, and four to five
    days in all.
    """

    backoff: tuple[float, ...] = BACKOFF
    deadline: float = DEADLINE

    @classmethod
    def of(cls, settings: Settings) -> RetryPlan:
        """The plan that MAILER_RETRY_MINUTES and MAILER_GIVE_UP_HOURS make."""
        return cls(backoff=settings.backoff, deadline=settings.deadline)

    def wait(self, attempt: int) -> float:
        """Seconds until the next attempt after `attempt` (1, 2 ...); the last wait repeats."""
        return self.backoff[min(max(attempt, 1), len(self.backoff)) - 1]

    def too_late(self, first_try: float | None, following: float) -> bool:
        """True when the attempt at `following` would come after the deadline.

        It counts from the first attempt: a letter that waits for its pace has none yet.
        """
        return first_try is not None and following > first_try + self.deadline
