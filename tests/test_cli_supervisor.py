"""The supervisor with small parts of its own: what starts together stops together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes.box import ROOT, eventually, processes

PATIENT = """
import os, pathlib, signal, sys, threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
def orphaned():
    os.read(int(sys.argv[1]), 1)
    pathlib.Path("orphaned").touch()
    stop.set()
threading.Thread(target=orphaned, daemon=True).start()
pathlib.Path("patient").write_text(str(os.getpid()))
while not stop.wait(0.05):
    pass
pathlib.Path("finished").touch()
"""
CRASHING = """
import os, pathlib, time
with open("crashes", "a") as file:
    file.write("x")
while not pathlib.Path("ready").exists():
    time.sleep(0.02)
os.kill(os.getpid(), 9)
"""
REFUSING = "raise SystemExit(2)"
WAITING = PATIENT.replace('pathlib.Path("patient")', 'pathlib.Path("waiting")')
"""As patient, but nobody is told that it stands."""
STUBBORN = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, lambda *_: pathlib.Path("asked").touch())
pathlib.Path("patient").touch()
while True:
    time.sleep(0.1)
"""
GROUP = """
import os, pathlib, sys
from mailer.cli.supervisor import Group
parts = {name: (sys.executable, "-c", code) for name, code in zip(sys.argv[1::2], sys.argv[2::2])}
group = Group(parts, os.environ, lambda text: print(text, file=sys.stderr, flush=True))
sys.exit(group.run(pathlib.Path("patient").exists, pathlib.Path("ready").touch))
"""


class Started:
    def __init__(self, folder: Path, parts: dict[str, str], *, nohup: bool) -> None:
        self.folder = folder
        words = [word for pair in parts.items() for word in pair]
        self.process = subprocess.Popen(
            [*(["nohup"] if nohup else []), sys.executable, "-c", GROUP, *words],
            cwd=folder, env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def read(self, name: str) -> str:
        return (self.folder / name).read_text() if self.has(name) else ""

    def end(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said

    def children(self) -> list[int]:
        return [pid for pid, parent, _ in processes() if parent == self.process.pid]


Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Started] = []

    def begin(*, nohup: bool = False, **parts: str) -> Started:
        started.append(Started(tmp_path, parts, nohup=nohup))
        return started[-1]

    yield begin
    for group in started:
        if group.process.poll() is None:
            group.process.kill()
            group.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_every_part_finish(start: Start, number: signal.Signals) -> None:
    group = start(one=PATIENT)
    eventually(lambda: group.has("ready"), "the announcement")
    group.process.send_signal(number)
    code, _ = group.end()
    assert code == 0
    assert group.has("finished")
    assert not group.has("orphaned")


def test_a_part_that_crashes_is_started_again(start: Start) -> None:
    group = start(steady=PATIENT, crashing=CRASHING)
    eventually(lambda: group.read("crashes") == "xx", "a second start")
    steady = (group.folder / "patient").read_text()
    group.process.terminate()
    code, said = group.end()
    assert code == 0
    assert "crashing ended (signal SIGKILL); again in 1 s" in said
    assert steady == (group.folder / "patient").read_text(), "the other part was left alone"


def test_a_part_that_never_started_ends_the_group(start: Start) -> None:
    group = start(refusing=REFUSING, steady=WAITING)
    code, said = group.end()
    assert code == 1
    assert "refusing did not start" in said
    assert not group.children()


def test_parts_stop_when_the_supervisor_is_killed(start: Start) -> None:
    group = start(one=PATIENT)
    eventually(lambda: group.has("ready"), "the announcement")
    (child,) = group.children()
    group.process.kill()
    group.end()
    eventually(lambda: group.has("finished"), "the part's own end")
    assert group.has("orphaned")
    eventually(lambda: child not in [pid for pid, _, _ in processes()], "no orphan")


def test_a_second_signal_ends_a_part_that_will_not(start: Start) -> None:
    group = start(stubborn=STUBBORN)
    eventually(lambda: group.has("ready"), "the announcement")
    group.process.terminate()
    eventually(lambda: group.has("asked"), "the polite way")
    began = time.monotonic()
    group.process.send_signal(signal.SIGINT)
    code, _ = group.end()
    assert code == 0
    assert time.monotonic() - began < 10
    assert not group.children()


def test_nohup_outlives_the_terminal(start: Start) -> None:
    group = start(nohup=True, one=PATIENT)
    eventually(lambda: group.has("ready"), "the announcement")
    group.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert group.process.poll() is None
    group.process.terminate()
    assert group.end()[0] == 0
