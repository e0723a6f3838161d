"""What SpamAssassin makes of our messages, by the rules that need no network (`--local`).

https://spamassassin.apache.org/full/4.0.x/doc/Mail_SpamAssassin_Conf.html says what can be asked
for; https://spamassassin.apache.org/full/4.0.x/doc/spamassassin-run.html how.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import formatdate

from mailer import config
from mailer.errors import MailerError
from mailer.message import Mail, compose

SPAM = 5.0
"""Points from which SpamAssassin calls a message spam, where nobody has set it otherwise."""

# IPv6 for documentation (RFC 3849). The IPv4 addresses of that sort cost points of their own.
RELAY = "2001:db8::25"
_PATIENCE = 120.0  # seconds to start, and
_EACH = 5.0  # for a message; a tenth of one is usual
_OPTIONS = (
    # What it learned on this machine of other mail says nothing about how others see ours.
    "use_bayes 0", "use_auto_welcomelist 0", "report_safe 0", "clear_headers",
    "add_header all Tests _TESTSSCORES(,)_", "add_header all Report _REPORT_",
)  # fmt: skip
# In a mailbox file of Unix (RFC 4155) such a line begins each message; ours tells its number.
_BORDER = "From %d@mailer Thu Jan  1 00:00:00 1970\n"
_BORDERS = re.compile(rb"^From ([0-9]+)@mailer .*\n", re.MULTILINE)
_QUOTED = re.compile(rb"^(?=>*From )", re.MULTILINE)
_TOLD = re.compile(r"^[*] +-?[0-9.]+ (\S+) (.*(?:\n[*] {5,}.*)*)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that fired: its points, which may be below zero, and what it says, in English."""

    name: str
    points: float
    says: str


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one message got; the rules, the dearest first."""

    rules: tuple[Rule, ...]

    @property
    def points(self) -> float:
        """All points together."""
        return round(sum(rule.points for rule in self.rules), 3)


def is_installed() -> bool:
    """True when there is a SpamAssassin to ask."""
    return shutil.which("spamassassin") is not None


def arrived(mail: Mail, *, sender: str, now: float) -> bytes:
    """A mail as the recipient's server would hand it to its filter.

    It came by our own server, over TLS, a moment before `now` (seconds since 1970), with the
    envelope sender `sender`.
    """
    host, to = f"mail.{mail.from_address.rpartition('@')[2]}", mail.to_address
    lines = (
        f"Return-Path: <{sender}>",
        f"Received: from {host} ({host} [{RELAY}])",
        f"\tby mx.{to.rpartition('@')[2]} (Postfix) with ESMTPS id 4Zk1Yc2wLmz9sXb",
        f"\tfor <{to}>; {formatdate(now)}",
    )
    return "\r\n".join((*lines, "")).encode("ascii") + compose(mail)


def scores(messages: Sequence[bytes]) -> list[Score]:
    """What each message gets, in order: one run of the program for all of them.

    Raises MailerError when it is not there, or does not do its work.
    """
    if not messages:
        return []
    mailbox = b"".join(_boxed(number, message) for number, message in enumerate(messages))
    _, *pieces = _BORDERS.split(_run(mailbox, len(messages)))
    # They come back in no order.
    judged = {int(number): text for number, text in zip(pieces[::2], pieces[1::2], strict=True)}
    if len(judged) != len(messages):
        raise MailerError("SpamAssassin gave back another number of messages than it was given")
    return [_score(judged[number]) for number in range(len(messages))]


def _boxed(number: int, message: bytes) -> bytes:
    text = _QUOTED.sub(b">", message.replace(b"\r\n", b"\n"))
    return (_BORDER % number).encode("ascii") + text + b"\n"


def _run(mailbox: bytes, number: int) -> bytes:
    program = shutil.which("spamassassin")
    if program is None:
        raise MailerError("SpamAssassin is not installed")
    options = [f"--cf={line}" for line in _OPTIONS]
    with tempfile.TemporaryDirectory() as folder:  # whatever it wants to keep goes with it
        try:
            ended = subprocess.run(  # noqa: S603 - a program of the system's, with our own words
                [program, "--local", "--mbox", "--nocreate-prefs", "--prefspath=/dev/null",
                 *options],
                input=mailbox, capture_output=True, timeout=_PATIENCE + _EACH * number,
                env=config.environment_with(HOME=folder, LC_ALL="C"), check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MailerError(f"SpamAssassin did not do its work: {_why(error)}") from None
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise MailerError(f"SpamAssassin failed: {said[-1] if said else 'it does not say why'}")
    return ended.stdout


def _why(error: OSError | subprocess.TimeoutExpired) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took longer than {error.timeout:.0f} seconds"
    return str(error.strerror)


def _score(message: bytes) -> Score:
    """The score that SpamAssassin wrote into the headers of a message."""
    headers = BytesHeaderParser().parsebytes(message)
    tests, report = headers["X-Spam-Tests"], headers["X-Spam-Report"]
    if tests is None or report is None:
        raise MailerError("SpamAssassin gave a message back without having judged it")
    lines = "\n".join(line.strip() for line in report.splitlines())
    says = {
        name: " ".join(words.replace("\n*", " ").split()) for name, words in _TOLD.findall(lines)
    }
    rules = [
        Rule(name=name, points=float(points), says=says.get(name, ""))
        for name, points in re.findall(r"([^\s,=]+)=(-?[0-9.]+)", tests)
    ]
    return Score(rules=tuple(sorted(rules, key=lambda rule: (-rule.points, rule.name))))
