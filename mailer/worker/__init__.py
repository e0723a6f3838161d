"""The worker: takes due letters from the outbox to a transport. It runs without Flask."""

from mailer.worker.engine import Worker
from mailer.worker.loop import drain, run

__all__ = ["Worker", "drain", "run"]
