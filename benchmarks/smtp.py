"""Bytes that are ready, over one open line to one smtp-sink: what the transport alone costs.

Our stage and commit against smtplib's sendmail and Postfix's own smtp-source; they take turns.
Run it with: python -m benchmarks.smtp [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import shutil
import smtplib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import load
from benchmarks.compose import MAIL
from mailer.message import compose
from mailer.transports import Parcel, from_url
from tests.processes.box import eventually, free_port
from tests.processes.sink import listening, sink_command

SENDER, RECIPIENT = "b+k2l3m4n5@campaign.example", "minister@ministry.example"


def main() -> None:
    """Measure all three, print the figures and the ratios."""
    rounds, size = load.numbers(7, 1000)
    data, port = compose(MAIL), free_port()
    sink = subprocess.Popen(sink_command(port), stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: listening(port), "the sink listens")
        found = measure(port, data, rounds, size)
    finally:
        sink.terminate()
        sink.wait(10)
    print(f"smtp: {size} letters a round, {len(data):,} bytes each, one connection")
    a, b, c = (load.report(name, rates, "/s") for name, rates in found.items())
    print(f"ratio to smtplib {a / b:.2f}, to smtp-source {a / c:.2f}")


def measure(port: int, data: bytes, rounds: int, size: int) -> dict[str, list[float]]:
    """Letters a second in each round, for each contender."""
    parcel = Parcel(letter="k2l3m4n5", sender=SENDER, recipient=RECIPIENT, data=data)
    connection = from_url(f"smtp://127.0.0.1:{port}?tls=none", Path.cwd()).connect()
    line = smtplib.SMTP("127.0.0.1", port, local_hostname="localhost")
    found: dict[str, list[float]] = {"mailer, stage and commit": [], "smtplib": []}
    found["smtp-source"] = []

    def ours() -> None:
        for _ in range(size):
            connection.stage(parcel)
            connection.commit()

    def theirs() -> None:
        for _ in range(size):
            line.sendmail(SENDER, [RECIPIENT], data)

    for _ in range(rounds):
        found["mailer, stage and commit"].append(rate(ours, size))
        found["smtplib"].append(rate(theirs, size))
        found["smtp-source"].append(rate(lambda: postfix(port, len(data), size), size))
    line.quit()
    connection.close()
    return found


def rate(act: Callable[[], None], size: int) -> float:
    """Letters a second of an act that sends `size` of them."""
    began = time.perf_counter()
    act()
    return size / (time.perf_counter() - began)


def postfix(port: int, length: int, size: int) -> None:
    """smtp-source, written in C: one session, kept open (-d)."""
    tool = shutil.which("smtp-source") or "/usr/sbin/smtp-source"
    subprocess.run(
        [tool, "-d", "-s", "1", "-m", str(size), "-l", str(length), "-f", SENDER,
         "-t", RECIPIENT, f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
