"""Starts the parts of one box, restarts the one that crashed, and stops them all together."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

STOP_SECONDS = 30.0  # what a part may take to finish the work in hand
STEADY_SECONDS = 60.0  # having lived so long, a part that dies starts over with the first pause
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0

_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


@dataclass
class _Part:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    pause: float = field(default=FIRST_PAUSE)


class Group:
    """Some programs that live and die together.

    Each gets a pipe whose other end only this process holds (its number stands at the end of the
    command): when this process dies, whatever way, the pipe closes, and the part stops itself.
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._parts = [_Part(name, command) for name, command in commands.items()]
        self._environment = dict(environment)
        self._say = say
        self._life, self._hold = os.pipe()

    def run(self, ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        """Run until told to stop; returns the exit code.

        `announce` is called once, when `ready` first says yes. A part that ends before that has
        said why itself: everything stops, and the code is 1.
        """
        with _Signals() as signals:
            try:
                for part in self._parts:
                    self._start(part)
                return self._watch(signals, ready, announce)
            finally:
                self._stop(signals)
                os.close(self._hold)
                os.close(self._life)

    def _watch(
        self, signals: _Signals, ready: Callable[[], bool], announce: Callable[[], None]
    ) -> int:
        up = False
        while True:
            if signals.wait(0.1 if not up else self._until_restart()) & _STOPPING:
                return 0
            if dead := self._reap(up):
                self._say(f"mailer: {dead} did not start; stopping")
                return 1
            if not up and ready():
                up = True
                announce()
            self._restart()

    def _start(self, part: _Part) -> None:
        part.started = time.monotonic()
        part.restart_at = 0.0
        part.process = subprocess.Popen(  # noqa: S603 - our own program, with our own words
            [*part.command, str(self._life)],
            env=self._environment,
            pass_fds=(self._life,),
            process_group=0,  # a Ctrl-C is for us: the parts are told to finish, not interrupted
        )

    def _reap(self, up: bool) -> str:
        """Notice who ended; returns the name of a part that ended before all were up."""
        for part in self._parts:
            if part.process is None or part.process.poll() is None:
                continue
            code, part.process = part.process.returncode, None
            if not up:
                return part.name
            now = time.monotonic()
            if now - part.started > STEADY_SECONDS:
                part.pause = FIRST_PAUSE
            part.restart_at = now + part.pause
            self._say(f"mailer: {part.name} ended ({_why(code)}); again in {part.pause:g} s")
            part.pause = min(part.pause * 2, LONGEST_PAUSE)
        return ""

    def _until_restart(self) -> float | None:
        waits = [part.restart_at for part in self._parts if part.process is None]
        return max(0.0, min(waits) - time.monotonic()) if waits else None

    def _restart(self) -> None:
        for part in self._parts:
            if part.process is None and part.restart_at <= time.monotonic():
                self._start(part)

    def _stop(self, signals: _Signals) -> None:
        """Ask all to finish; who has not after STOP_SECONDS, or a second signal, is killed."""
        deadline = time.monotonic() + STOP_SECONDS
        self._tell(signal.SIGTERM)
        while self._alive() and time.monotonic() < deadline:
            if signals.wait(deadline - time.monotonic()) & _STOPPING:
                break
        self._tell(signal.SIGKILL)
        for part in self._parts:
            if part.process is not None:
                part.process.wait()

    def _alive(self) -> bool:
        return any(part.process and part.process.poll() is None for part in self._parts)

    def _tell(self, number: signal.Signals) -> None:
        for part in self._parts:
            if part.process is None:
                continue
            with suppress(ProcessLookupError):
                if number == signal.SIGKILL:
                    os.killpg(part.process.pid, number)  # with whatever it started
                elif part.process.poll() is None:
                    part.process.send_signal(number)


class _Signals:
    """Signals as something to wait for: a handler only writes to a pipe, so nothing can block."""

    def __enter__(self) -> _Signals:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        listened = [*_STOPPING, signal.SIGCHLD]
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            listened.remove(signal.SIGHUP)  # nohup: it is to outlive its terminal
        self._before = {number: signal.signal(number, lambda *_: None) for number in listened}
        self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def wait(self, seconds: float | None) -> frozenset[int]:
        """The signals that came, within `seconds` (None: as long as it takes)."""
        select.select([self._read], [], [], seconds)
        with suppress(BlockingIOError):
            return frozenset(os.read(self._read, 4096))
        return frozenset()

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)


def _why(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
