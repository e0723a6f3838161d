"""How far long work is: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

WIDTH = 30  # characters of the bar
EVERY = 10.0  # seconds between two lines where there is no terminal


class Progress:
    """Told again and again how much of which work is done; shows it on stderr."""

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream or sys.stderr
        self._bar = self._stream.isatty()
        self._clock = clock
        self._said = clock()
        self._open = ""  # the work whose bar is on the screen and not yet full
        self._percent = -1

    def __call__(self, work: str, done: int, of: int) -> None:
        """Show that `done` of `of` is done of this work."""
        percent = min(100, 100 * done // of) if of else 100
        if self._bar:
            self._draw(work, percent)
        elif self._clock() - self._said >= EVERY and percent < 100:
            self._said = self._clock()
            self._write(f"{work}: {percent} %\n")

    def close(self) -> None:
        """Leave the line of a bar that did not become full."""
        if self._open:
            self._open = ""
            self._write("\n")

    def _draw(self, work: str, percent: int) -> None:
        if work != self._open:
            if percent == 100 and self._percent == 100:
                return  # said already
            self.close()
            self._open, self._percent = work, -1
        if percent == self._percent:
            return
        self._percent = percent
        full = WIDTH * percent // 100
        self._write(f"\r{work:<10} [{'#' * full}{'.' * (WIDTH - full)}] {percent:>3} %")
        if percent == 100:
            self.close()

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


@contextmanager
def showing() -> Iterator[Progress]:
    """A progress whose bar's line is left whatever happens."""
    progress = Progress()
    try:
        yield progress
    finally:
        progress.close()
