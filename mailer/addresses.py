"""Names and e-mail addresses as people type them: cleaned, judged, and made comparable."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from email_validator import EmailNotValidError, validate_email

from mailer.errors import FieldError
from mailer.problems import closest

LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets

# Providers whose mailboxes ignore dots, and those that ignore what follows a plus sign.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_PLUS_TAGS = _DOTLESS | {
    "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com", "fastmail.com",
    "protonmail.com", "proton.me", "pm.me",
}  # fmt: skip
_SAME_DOMAIN = {"googlemail.com": "gmail.com"}

_COMMON_DOMAINS = (
    "gmail.com", "hotmail.com", "hotmail.fr", "hotmail.ca", "outlook.com", "outlook.fr",
    "live.com", "live.ca", "live.fr", "yahoo.com", "yahoo.ca", "yahoo.fr", "icloud.com",
    "protonmail.com", "videotron.ca", "rogers.com", "sympatico.ca", "bell.net", "orange.fr",
    "free.fr", "wanadoo.fr", "laposte.net",
)  # fmt: skip
_REAL_NEIGHBOURS = frozenset({"mail.com", "ymail.com", "email.com", "gmx.com", "me.com", "msn.com"})

# Control (Cc), format such as bidi marks and zero-width (Cf), surrogate (Cs), private (Co),
# unassigned (Cn), line and paragraph separators (Zl, Zp).
_HOSTILE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Joiners are part of Persian and Indic words and of many emoji; after any other character they
# can only hide something.
_JOINERS = frozenset("\u200c\u200d")
_JOINED = frozenset({"Lo", "Mn", "Mc", "So", "Sk"})


def hostile(text: str) -> str:
    """Why `text` may not stand in a mail header ("control", "format", "encoded-word"), or ""."""
    return _invisible(text) or ("encoded-word" if "=?" in text else "")


def _invisible(text: str, allowed: str = "") -> str:
    """The kind of the first character nobody can see ("control", "format"), or ""."""
    before = ""
    for character in text:
        category = unicodedata.category(character)
        joins = character in _JOINERS and before in _JOINED
        if category in _HOSTILE_CATEGORIES and not joins and character not in allowed:
            return "format" if category in {"Cf", "Co", "Cn"} else "control"
        before = category
    return ""


def line(text: str, longest: int) -> str:
    """One typed line, composed (NFC) and with its white space folded.

    Raises FieldError: "long", "control", "format" or "encoded-word". Line breaks inside are
    refused, not folded: whoever sends them did not use the form.
    """
    _refuse_very_long(text, longest)
    folded = unicodedata.normalize("NFC", text.strip(" \t"))
    reason = hostile(folded.replace("\t", " "))
    if reason:
        raise FieldError(reason, "holds characters that cannot stand in a letter's heading")
    folded = " ".join(folded.split())
    if len(folded) > longest:
        raise FieldError("long", f"is longer than {longest} characters")
    return folded


def paragraphs(text: str, longest: int) -> str:
    """Typed text of several lines: composed, line ends as newlines, no control characters.

    Raises FieldError "long" or "control". Bidi marks and zero-width characters are refused too
    ("format"): in a letter they can make a reader see other words than were sent.
    """
    _refuse_very_long(text, longest)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\ufeff", "")
    text = "\n".join(part.rstrip() for part in text.split("\n")).strip("\n")
    if len(text) > longest:
        raise FieldError("long", f"is longer than {longest} characters")
    reason = _invisible(text, allowed="\n\t")
    if reason:
        raise FieldError(reason, "holds invisible characters")
    return text


def _refuse_very_long(text: str, longest: int) -> None:
    """Before anything else looks at it: composing many accents costs the square of their number."""
    if len(text) > 4 * longest:
        raise FieldError("long", f"is longer than {longest} characters")


def parse(text: str) -> str:
    """A single e-mail address, normalised; raises FieldError.

    Only the form is judged: nothing is looked up, because a name server that does not answer must
    not cost a letter. Addresses outside ASCII before the @ are refused: many offices' servers
    cannot answer them.
    """
    text = text.strip()
    if not text:
        raise FieldError("missing", "is empty")
    if len(text) > LONGEST_EMAIL:
        raise FieldError("long", f"is longer than {LONGEST_EMAIL} characters")
    if hostile(text):
        raise FieldError("email", "holds characters that no e-mail address has")
    if "@" not in text:
        raise FieldError("email-at", "has no @ sign")
    try:
        valid = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, strict=True,
            test_environment=True,
        )  # fmt: skip
    except EmailNotValidError:
        raise FieldError("email", "is not a working e-mail address") from None
    return valid.normalized


def wire(address: str) -> str:
    """`address` with its domain as name servers know it (xn--...); raises FieldError."""
    if address.isascii():
        return address
    try:
        valid = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True,
            test_environment=True,
        )  # fmt: skip
    except EmailNotValidError:
        raise FieldError("email", "is not a working e-mail address") from None
    if valid.ascii_email is None:
        raise FieldError("email", "has characters before the @ that old servers cannot answer")
    return valid.ascii_email


def likely(address: str) -> str:
    """The address that was probably meant (gmial.com -> gmail.com), or "" when it looks right."""
    local, _, domain = address.rpartition("@")
    if not local or domain in _COMMON_DOMAINS or domain in _REAL_NEIGHBOURS:
        return ""
    near = closest(domain, [name for name in _COMMON_DOMAINS if abs(len(name) - len(domain)) < 3])
    same_end = near and near.rpartition(".")[2] == domain.rpartition(".")[2]
    almost = near and _distance_is_small(domain, near)
    return f"{local}@{near}" if near and almost and (same_end or len(near) > 8) else ""


def _distance_is_small(one: str, other: str) -> bool:
    """True when one insertion, deletion, change or swap of neighbours separates the two."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return (
        a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    )  # fmt: skip


def mailbox(address: str) -> str:
    """The form under which two addresses are the same mailbox, as far as is safely known."""
    try:
        ascii_form = wire(address.strip())
    except FieldError:
        ascii_form = address.strip()
    # Not casefold: it makes straße.example and strasse.example one, which belong to two owners.
    local, _, domain = ascii_form.lower().rpartition("@")
    domain = _SAME_DOMAIN.get(domain, domain)
    if domain in _PLUS_TAGS:
        local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def limit_key(address: str) -> str:
    """A coarser form for counting alone: no dots, no +tag, whoever the provider is.

    Two people may share it, so it may never decide whose a letter is.
    """
    local, _, domain = mailbox(address).rpartition("@")
    plain = local.partition("+")[0].replace(".", "")
    return f"{plain or local}@{domain}"


def domain(address: str) -> str:
    """The domain of an address as name servers know it."""
    return mailbox(address).rpartition("@")[2]


def is_common(domain: str) -> bool:
    """True for a provider at which so many people are that its name says nothing of them."""
    return domain in _COMMON_DOMAINS or domain in _REAL_NEIGHBOURS


def folded(name: str) -> str:
    """A name for comparing and searching: no accents, no case, single spaces."""
    plain = unicodedata.normalize("NFKD", name)
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(bare.casefold().split())


def person_key(address: str, name: str, pepper: bytes) -> str:
    """Who somebody is for the one-letter rule: a keyed hash of mailbox and name."""
    return _keyed(f"{mailbox(address)}\n{folded(name)}", pepper)


def mailbox_key(address: str, pepper: bytes) -> str:
    """A mailbox as a keyed hash, for limits and suppressions."""
    return _keyed(mailbox(address), pepper)


def place_key(network: str, pepper: bytes) -> str:
    """A place that letters come from as a keyed hash."""
    return _keyed(f"place\n{network}", pepper)


def _keyed(text: str, pepper: bytes) -> str:
    return hmac.new(pepper, text.encode(), hashlib.sha256).hexdigest()[:40]
