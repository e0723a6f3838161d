"""Submissions: what a supporter approved, taken in whole or not at all, and what became of it."""

from mailer.submissions.accept import Draft, accept
from mailer.submissions.confirm import Opened, confirm, opened
from mailer.submissions.notices import phone, postal
from mailer.submissions.preview import letters_hash, new_id, prepare, written
from mailer.submissions.receipts import Receipt, ReceiptLetter, receipt

__all__ = [
    "Draft",
    "Opened",
    "Receipt",
    "ReceiptLetter",
    "accept",
    "confirm",
    "letters_hash",
    "new_id",
    "opened",
    "phone",
    "postal",
    "prepare",
    "receipt",
    "written",
]
