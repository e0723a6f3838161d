"""Backups: one file each, made while the mailer runs, put back only where nobody else works."""

from mailer.db.backup.archive import Manifest, read
from mailer.db.backup.encryption import Encryption, decrypted, new_key
from mailer.db.backup.making import make
from mailer.db.backup.pruning import prune
from mailer.db.backup.restoring import Loss, Restored, loss, refuse_unless_ours, restore

__all__ = [
    "Encryption", "Loss", "Manifest", "Restored",
    "decrypted", "loss", "make", "new_key", "prune", "read", "refuse_unless_ours", "restore",
]  # fmt: skip
