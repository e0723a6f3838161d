"""`mailer worker`, at a clock of the storm's own: python -m tests.storms.worker ORIGIN SPEED SKEW

The settings come from the environment, as for the real one. A faster clock makes retries, probes
and leases fit into a test; nothing else differs.
"""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
from pathlib import Path

from mailer import worker
from mailer.campaigns.library import Library
from mailer.cli.lifeline import until_told
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import MailerError
from tests.storms.clock import FastClock


def main() -> None:
    """Deliver until SIGTERM; end with 1 and a plain line where the real one would."""
    faulthandler.register(signal.SIGUSR1)  # where it is, for whoever waits for it in vain
    stop = until_told(None)
    logging.basicConfig(format="mailer: %(message)s", level="INFO")
    settings = Settings.from_env()
    origin, speed, skew = sys.argv[1:]
    clock = FastClock(origin=float(origin), speed=float(speed), skew=Path(skew))
    store = Store(settings.database_url, home=settings.home, clock=clock)
    try:
        store.check_version()
        worker.run(settings, store, Library(settings.home), stop=stop)
    except MailerError as error:
        sys.exit(f"mailer: {error}")
    finally:
        store.close()


if __name__ == "__main__":
    main()
