"""Listening to several servers at once."""

from __future__ import annotations

import select
from collections.abc import Sequence

from mailer.worker.crew import Crew


def hear(crews: Sequence[Crew], wait: float) -> bool:
    """Take what the servers have said; false when nothing came within `wait` seconds."""
    busy = [crew for crew in crews if crew.busy or crew.staged]
    if not any(crew.busy for crew in busy):
        return False
    wait = max(0.0, wait)
    if len(busy) == 1:
        return busy[0].poll(wait)
    heard = [crew.poll(0.0) for crew in busy]  # some of it was known before anybody spoke
    if wait and not any(heard):
        waiting = select.poll()  # select() itself knows no file number above 1023
        for crew in busy:
            waiting.register(crew, select.POLLIN)
        waiting.poll(wait * 1000)
        heard = [crew.poll(0.0) for crew in busy]
    return any(heard)
