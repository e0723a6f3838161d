"""Every error the mailer raises on purpose. `str(error)` is always fit for a person to read.

MailerError
├── SettingsError      a MAILER_ variable is missing or wrong; the message names it
├── ContentError       officials.yaml, a campaign or a letter has problems; carries them all
├── FieldError         one typed value cannot be used; `code` says why, for translation
├── MergeError         a letter could not be merged
├── HeaderError        a value may not stand in a mail header, or a message is not as meant
├── SendError          a transport could not deliver; carries the decision what to do next
├── OverLimit          somebody asks too often; `after` says from when on it works again
├── IllegalMove        a letter may not go from this state to that one
├── OutboundError      another service could not be asked, or its answer not used
├── MailboxError       the mailbox for bounces cannot be used; what is in it stays
├── PaperError         letters could not be put on paper; nothing else is hurt
├── StoreError         the database is missing, unreachable, or at another version
└── BackupError        a backup cannot be made, read or put back; nothing was changed
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailer.problems import Problem


class MailerError(Exception):
    """The root: anything raised on purpose."""


class SettingsError(MailerError):
    """A setting is missing or wrong; the text names the variable and the repair."""


class ContentError(MailerError):
    """Files of the organizer have errors; `problems` lists all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class FieldError(MailerError):
    """A typed value cannot be used. `code` is stable, so that pages can say it in any language."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


class MergeError(MailerError):
    """A letter could not be merged."""


class HeaderError(MailerError):
    """A value may not stand in a mail header, or a finished message is not as meant."""


class OverLimit(MailerError):  # noqa: N818 - it names what happened
    """Somebody asks more often than they may; `after` seconds from now it works again."""

    def __init__(self, after: float) -> None:
        self.after = after
        super().__init__("this was asked for too often")


class IllegalMove(MailerError):  # noqa: N818 - it names what happened
    """A letter may not go from this state to that one."""


class OutboundError(MailerError):
    """Another service could not be asked, or answered what may not be used; names its host only."""


class MailboxError(MailerError):
    """The mailbox for bounces cannot be reached, opened or read; what is in it stays there."""


class PaperError(MailerError):
    """A PDF is too long, takes too long, or cannot be made."""


class StoreError(MailerError):
    """The database is missing, unreachable, or at another version than this program."""


class BackupError(MailerError):
    """A backup cannot be made, read or put back; what was there before is untouched."""


class Next(StrEnum):
    """What a failed delivery asks for."""

    FAIL = "fail"  # refused for good: this letter will never be taken
    RETRY = "retry"  # this letter later; it costs one attempt
    LANE = "lane"  # this letter later, and so all others to the same mailbox
    STOP = "stop"  # the account or relay is down: the letter waits and loses no attempt


class SendError(MailerError):
    """A transport could not deliver, and knows what to do about it.

    `code` is the server's own (an SMTP reply code with its enhanced code, or an HTTP status);
    `after` is how long to wait, in seconds, where the server said so. `maybe_accepted` is true when
    the connection died after the final dot: the server may own the letter. `account` is true when
    somebody has to act before anything leaves again (a wrong key, a suspended account, a used-up
    quota): staff are told at once, not only when it has lasted.
    """

    def __init__(
        self,
        reason: str,
        then: Next = Next.RETRY,
        *,
        code: str = "",
        after: float | None = None,
        maybe_accepted: bool = False,
        account: bool = False,
    ) -> None:
        self.reason = reason
        self.then = then
        self.code = code
        self.after = after
        self.maybe_accepted = maybe_accepted
        self.account = account
        super().__init__(f"{code} {reason}".strip())
