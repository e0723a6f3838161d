"""Passwords: kept as Argon2id hashes, judged by how easily they are guessed."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailer.errors import FieldError

SHORTEST, LONGEST = 15, 256
GUESSABLE = 1  # zxcvbn's score up to which a password is found within minutes
NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$iaFDMZgMNaR3k/SdHwOgIw"
    "$Qm21R9pS6vpLIqbrN3Mg3ayssyCEZ3LXZiUNMfDUfww"
)
"""The hash of a random password, to compare with where there is no account: time tells nothing."""

JUDGED = 64  # characters: zxcvbn's work grows with the square of the length


def weak_password(password: str, email: str) -> FieldError | None:
    """Why a password will not do, or None. Length and guessing count; no rules of composition."""
    if len(password) < SHORTEST:
        return FieldError("short", f"is shorter than {SHORTEST} characters")
    if len(password) > LONGEST:
        return FieldError("long", f"is longer than {LONGEST} characters")
    from zxcvbn import zxcvbn  # its lists are read here: what judges no password does not wait

    about = ["mailer", *email.replace("@", ".").split(".")]
    if zxcvbn(password[:JUDGED], user_inputs=about)["score"] <= GUESSABLE:
        return FieldError("guessable", "is easy to guess: three or four unrelated words are not")
    return None


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _hasher().hash(password)


def matches(kept: str, password: str) -> bool:
    """True when the password is the one kept. Nothing kept takes as long as a wrong password."""
    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(kept or NOBODY, password) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """True when the hash was made with weaker settings than today's."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # Argon2id, RFC 9106's second recommendation
