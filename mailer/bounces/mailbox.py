"""The mailbox in which bounces arrive, read over IMAP (RFC 3501): each message is handled once.

What was handled leaves the folder, in the end: deleted, or moved to another. What could not be
handled stays there and gets a flag, so that a person finds it and it does not stop the others.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from mailer.config import is_loopback
from mailer.errors import MailboxError, MailerError, SettingsError, StoreError

log = logging.getLogger("mailer.bounces")

SECONDS = 30.0  # to wait for an answer of the server
MOST = 500  # messages handled at one look; the rest waits for the next
LARGEST = 25_000_000  # bytes of a message that is fetched
_PORTS = {"imaps": 993, "imap": 143}
_ADDRESSED = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to")
_WRONG = (
    "MAILER_BOUNCES is not the address of a mailbox; write it like"
    " imaps://user:password@mail.example.org/INBOX, user and password %-encoded"
)


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Where a mailbox is, and what becomes of the messages that were handled."""

    host: str
    port: int
    encrypted: bool  # from the first byte; else by STARTTLS, but on this machine
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    done: str = ""  # the folder to which messages go; empty: they are deleted


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What one look at a mailbox came to."""

    handled: int = 0
    failed: int = 0  # they stay, flagged


def parse(url: str) -> Mailbox:
    """The mailbox that MAILER_BOUNCES names; raises SettingsError, which repeats no password."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except (ValueError, KeyError):
        raise SettingsError(_WRONG) from None
    if not (parts.hostname and parts.username and parts.password) or set(options) - {"done"}:
        raise SettingsError(_WRONG)
    values = [unquote(parts.username), unquote(parts.password), unquote(parts.path[1:]) or "INBOX"]
    done = options.get("done", "")
    if any(not value.isprintable() for value in (*values, done)) or done == values[2]:
        raise SettingsError(_WRONG)
    return Mailbox(
        host=parts.hostname, port=port, encrypted=parts.scheme == "imaps", user=values[0],
        password=values[1], folder=values[2], done=done,
    )  # fmt: skip


def look(mailbox: Mailbox, handle: Callable[[bytes], object]) -> Looked:
    """Give each message to `handle`, and put away those that it took.

    One that raises MailerError stays. Raises MailboxError when the mailbox cannot be used, and
    StoreError as `handle` does: then everything that is left stays for the next time.
    """
    handled, failed = 0, 0
    with _opened(mailbox) as server:
        own = b"UIDPLUS" in b" ".join(_ask(server.capability())).split()
        for uid in _waiting(server):
            if _handle(server, uid, handle):
                _put_away(server, uid, mailbox.done, own=own)
                handled += 1
            else:
                _ask(server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Flagged)"))
                failed += 1
    return Looked(handled=handled, failed=failed)


def count(mailbox: Mailbox) -> tuple[int, int]:
    """How many messages wait, and how many lie there flagged; raises MailboxError."""
    with _opened(mailbox) as server:
        flagged = _ask(server.uid("SEARCH", "UNDELETED", "FLAGGED"))
        return len(_waiting(server)), len((flagged[0] or b"").split())


def _handle(server: imaplib.IMAP4, uid: str, handle: Callable[[bytes], object]) -> bool:
    try:
        handle(_fetch(server, uid))
    except (StoreError, MailboxError):
        raise
    except MailerError as error:
        log.error("message %s in the mailbox for bounces stays there: %s", uid, error)
        return False
    return True


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    """A session with the folder open; what the server refuses becomes a MailboxError."""
    place = f"the mailbox for bounces at {mailbox.host}"
    try:
        server = _connected(mailbox)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxError(f"{place} cannot be reached: {error}") from None
    try:
        try:
            server.login(mailbox.user, mailbox.password)
        except imaplib.IMAP4.error:  # its words may repeat what it was told
            raise MailboxError(f"{place} refuses the user or the password") from None
        _ask(server.select(_quoted(mailbox.folder)))
        yield server
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxError(f"{place} broke off: {error}") from None
    finally:
        _close(server)


def _connected(mailbox: Mailbox) -> imaplib.IMAP4:
    if mailbox.encrypted:
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, timeout=SECONDS, ssl_context=context
        )  # fmt: skip
    server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=SECONDS)
    if not is_loopback(mailbox.host):
        server.starttls(ssl.create_default_context())
    return server


def _close(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        server.shutdown()


def _waiting(server: imaplib.IMAP4) -> list[str]:
    """The messages that nobody has handled, the oldest first."""
    found = _ask(server.uid("SEARCH", "UNDELETED", "UNFLAGGED"))
    return [uid.decode() for uid in (found[0] or b"").split()[:MOST]]


def _fetch(server: imaplib.IMAP4, uid: str) -> bytes:
    """The message, not marked as seen by that; raises MailerError when there is none to be had."""
    found = _ask(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)"))
    for piece in found:
        if isinstance(piece, tuple):
            return bytes(piece[1])
    raise MailerError("the server did not hand it out")


def _put_away(server: imaplib.IMAP4, uid: str, done: str, *, own: bool) -> None:
    """Move or delete it; where no message can be removed by itself, it stays marked as deleted."""
    if done:
        _ask(server.uid("COPY", uid, _quoted(done)))
    _ask(server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen \Deleted)"))
    if own:  # RFC 4315: nobody else's deleted messages go with it
        _ask(server.uid("EXPUNGE", uid))


def _ask(answer: tuple[str, Sequence[Any]]) -> Sequence[Any]:
    """What a server's answer holds; raises IMAP4.error unless it is OK."""
    status, found = answer
    if status != "OK":
        first = found[0] if found and isinstance(found[0], bytes) else b"no reason given"
        raise imaplib.IMAP4.error(first.decode("utf-8", "replace"))
    return found


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
