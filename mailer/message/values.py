"""What a message is made from."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from weakref import WeakSet

from mailer import addresses
from mailer.errors import FieldError, HeaderError

LONGEST_VALUE = 2000  # characters of a name or subject; pages refuse far earlier
LONGEST_ID = 250
LONGEST_URL = 500

# RFC 5322, 3.2.3, dot-atom; quoted local parts are refused: no office has one, and parsers
# disagree about them. A domain is one of RFC 1123.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_MESSAGE_ID = re.compile(rf"[A-Za-z0-9._+=-]+@{_LABEL}(?:\.{_LABEL})*")
# What may stand between the angle brackets of RFC 2369 and be neither folded nor escaped.
_URL = re.compile(rf"https://{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?/[A-Za-z0-9._~/?&=%+-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
# A text without control characters (C0 but tab and newline, DEL, C1) and lone surrogates. Said by
# what it may hold, it is read twice as fast as by a search for what it may not.
_TEXT = re.compile(r"[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]*+")

_clean: WeakSet[Mail] = WeakSet()  # found so, while they are needed: by bytes and fields alike
_wire = lru_cache(maxsize=64)(addresses.wire)  # slow, and letters of one campaign share a sender


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message from one sender to one recipient. Text lines end with a newline."""

    from_name: str
    from_address: str
    to_name: str = ""
    to_address: str
    reply_name: str = ""
    reply_address: str = ""  # empty: no Reply-To
    subject: str
    text: str
    message_id: str  # without its angle brackets
    date: float  # seconds since 1970, UTC
    auto: bool = False  # made by the program itself (RFC 3834), not by a person
    html: bool = True  # an HTML part goes beside the text
    linked: bool = False  # lines that are addresses become links: where no visitor wrote a word
    language: str = "en"  # of the text
    unsubscribe: str = ""  # https address that ends such mails at one POST (RFC 8058); empty: none
    enclosed: bytes = b""  # a whole message that goes along, as `enclosing.plain` makes it


def cleaned(mail: Mail) -> Mail:
    """`mail` as it may stand in a message: single spaces, ASCII domains; raises HeaderError."""
    if mail in _clean:
        return mail
    _refuse_unless(_MESSAGE_ID, mail.message_id, "message id", LONGEST_ID)
    _refuse_unless(_LANGUAGE, mail.language, "language", 35)
    if not _TEXT.fullmatch(mail.text):
        raise HeaderError("the text holds control characters")
    if mail.unsubscribe:
        _refuse_unless(_URL, mail.unsubscribe, "address to unsubscribe at", LONGEST_URL)
    found = {"subject": _heading(mail.subject, "subject")}
    if not found["subject"]:
        raise HeaderError("the subject is empty")
    found["from_name"] = _heading(mail.from_name, "sender's name")
    found["from_address"] = _address(mail.from_address, "sender's address")
    found["to_name"] = _heading(mail.to_name, "recipient's name")
    found["to_address"] = _address(mail.to_address, "recipient's address")
    found["reply_name"] = mail.reply_address and _heading(mail.reply_name, "name to reply to")
    found["reply_address"] = mail.reply_address and _address(
        mail.reply_address, "address to reply to"
    )
    changed: dict[str, Any] = {
        name: value for name, value in found.items() if value != getattr(mail, name)
    }
    found_clean = replace(mail, **changed) if changed else mail
    _clean.add(found_clean)
    return found_clean


def _heading(value: str, what: str) -> str:
    """A name or subject with its spaces folded, for a header cannot keep them apart."""
    if len(value) > LONGEST_VALUE:
        raise HeaderError(f"the {what} is longer than {LONGEST_VALUE} characters")
    # What is printable holds nothing hostile but, perhaps, an encoded-word: no need to look at
    # each character. What is not may still pass: a no-break space, a joiner inside an emoji.
    if not value.isprintable() or "=?" in value:
        reason = addresses.hostile(value)
        if reason:
            raise HeaderError(f"the {what} holds what may not stand in a mail header ({reason})")
    while "  " in value:
        value = value.replace("  ", " ")
    return value.strip(" ")


def _address(value: str, what: str) -> str:
    if not value.isascii():
        try:
            value = _wire(value)
        except FieldError as error:
            raise HeaderError(f"the {what} {error}") from None
    _refuse_unless(_ADDRESS, value, what, addresses.LONGEST_EMAIL)
    return value


def _refuse_unless(form: re.Pattern[str], value: str, what: str, longest: int) -> None:
    if len(value) > longest or not form.fullmatch(value) or "=?" in value:
        raise HeaderError(f"the {what} does not have the form a mail header needs")
