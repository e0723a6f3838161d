import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.message import judge

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


@pytest.fixture(scope="session")
def second():
    if not OTHER_PYTHON.exists() or OTHER_PYTHON.resolve() == Path(sys.executable).resolve():
        pytest.skip("no second Python in /usr/bin to judge by")
    running = SecondJudge()
    yield running
    running.close()
