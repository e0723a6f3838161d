"""How a long-running part learns that it is to stop: a signal, or the end of its supervisor."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable


def until_told(pipe: int | None) -> threading.Event:
    """An event that SIGTERM, SIGINT or the supervisor's death sets; call it before other threads.

    A thread waits for the signals: a handler in the main thread could meet the event's own lock
    half-way through `wait` and block for ever.
    """
    stop = threading.Event()
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)

    def listen() -> None:
        signal.sigwait(stopping)
        stop.set()

    threading.Thread(target=listen, name="signals", daemon=True).start()
    when_orphaned(pipe, stop.set)
    return stop


def when_orphaned(pipe: int | None, act: Callable[[], object]) -> None:
    """Call `act` when the process at the other end of `pipe` is gone; None: there is none."""
    if pipe is None:
        return
    os.set_inheritable(pipe, False)

    def watch() -> None:
        os.read(pipe, 1)  # nobody ever writes: it returns at the end of the file
        act()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
