"""The worker: takes due letters from the outbox to a transport, in waves. It runs without Flask."""

from mailer.worker.loop import drain, run
from mailer.worker.wave import Worker

__all__ = ["Worker", "drain", "run"]
