import base64
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.message import foreign, judge

OTHER_PYTHON = Path("/usr/bin/python3")  # Debian's, with an e-mail package patched by Debian


class SecondJudge:
    """Another Python's parser, kept running."""

    def __init__(self):
        self.process = subprocess.Popen(
            [OTHER_PYTHON, "-I", judge.__file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def judge(self, data):
        self.process.stdin.write(base64.b64encode(data).decode() + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.communicate(timeout=10)


@contextmanager
def another_python():
    """What judges by another Python's parser; where there is none, the one in Rust once more."""
    if not OTHER_PYTHON.exists() or OTHER_PYTHON.resolve() == Path(sys.executable).resolve():
        yield foreign
        return
    running = SecondJudge()
    yield running
    running.close()


@pytest.fixture(scope="session")
def second():
    with another_python() as judging:
        yield judging
