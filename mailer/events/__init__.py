"""Events: what comes back about mail that left, brought to the letter it belongs to, once."""

from mailer.events.recording import Noted, record, record_all
from mailer.events.tallies import count, tally
from mailer.events.unread import note_unread
from mailer.events.used import use

__all__ = ["Noted", "count", "note_unread", "record", "record_all", "tally", "use"]
