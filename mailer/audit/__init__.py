"""The audit: who did what and when, and who looked at what. Rows are added, never changed."""

from mailer.audit.listing import Entry, Page, Wanted, acts, page
from mailer.audit.recording import COMMAND, STRANGER, SUPPORTER, WORKER, record
from mailer.audit.verifying import Fault, Verdict, What, standing, verify

__all__ = [
    "COMMAND", "STRANGER", "SUPPORTER", "WORKER", "Entry", "Fault", "Page", "Verdict",
    "Wanted", "What", "acts", "page", "record", "standing", "verify",
]  # fmt: skip
