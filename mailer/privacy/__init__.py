"""The map of personal data: of every column and every file whose it is, what for, how long.

Erasure, retention, "my data" and the privacy page take what they do and say from here, and tests
compare it with what they did.
"""

from mailer.privacy.files import FILES, File
from mailer.privacy.periods import SHORTENED, WEEK, period
from mailer.privacy.tables import TABLES, blanked, column, told
from mailer.privacy.topics import PUBLIC, TOPICS
from mailer.privacy.values import Column, Ends, Erasing, Ground, Told, Topic, Whose

__all__ = [
    "FILES", "PUBLIC", "SHORTENED", "TABLES", "TOPICS", "WEEK", "Column", "Ends", "Erasing",
    "File", "Ground", "Told", "Topic", "Whose", "blanked", "column", "period", "told",
]  # fmt: skip
