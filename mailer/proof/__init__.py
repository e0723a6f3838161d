"""Proof that letters were wanted: what is on record of a submission, signed so that anybody can
check it, and without anything that says who wrote."""

from mailer.proof.checking import Checked, check, same_address, same_letter
from mailer.proof.keys import PublicKey, available, endorse, known, published
from mailer.proof.record import find, of_mailbox, record
from mailer.proof.seal import ALGORITHM, signed

__all__ = [
    "ALGORITHM",
    "Checked",
    "PublicKey",
    "available",
    "check",
    "endorse",
    "find",
    "known",
    "of_mailbox",
    "published",
    "record",
    "same_address",
    "same_letter",
    "signed",
]
