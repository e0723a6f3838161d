"""What DKIM costs: letters a second through the worker without a key, and with one or two.

The same road as benchmarks.send (SQLite, ten lines, smtp-sink), then the signing alone, against
dkimpy, which does its RSA in Python.
Run it with: python -m benchmarks.dkim [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks import load, send
from mailer import sendlog, transports
from mailer.config import Settings
from mailer.db import Store
from mailer.status import State
from mailer.transports import Signer
from mailer.worker import Worker

WAYS = {"no key": "", "Ed25519": "e1", "RSA 2048": "r1", "both": "e1 r1"}


def main() -> None:
    """Measure all, print the figures and their ratios."""
    rounds, size = load.numbers(3, 2000)
    keys = {"e1": _ed25519(), "r1": _rsa()}
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port = stack.enter_context(send.sink())
        store = stack.enter_context(send.ready(f"sqlite:///{folder}/bench.db"))
        for _ in range(rounds):
            for name, selectors in WAYS.items():
                settings = _settings(Path(folder), port, keys, selectors)
                found[name].append(_through_the_worker(store, settings, size))
    print(f"dkim: {size} letters a round, of {len(send.message())} bytes")
    bare = load.report("no key", found.pop("no key"), "/s")
    for name, rates in found.items():
        print(f"{'':<28} ratio {load.report(name, rates, '/s') / bare:.2f}")
    _alone(keys, size)


def _settings(home: Path, port: int, keys: dict[str, str], selectors: str) -> Settings:
    return Settings(
        home=home, from_address="letters@campaign.example", dkim_selector=selectors,
        transports=(f"smtp://127.0.0.1:{port}?tls=none",),
        dkim_key="\n".join(keys[name] for name in selectors.split()),
    )  # fmt: skip


def _through_the_worker(store: Store, settings: Settings, size: int) -> float:
    """Letters a second, from the first claim to the last one settled."""
    send.queue(store, size)
    before = sendlog.counts(store).get(State.SENT, 0)
    ways = transports.of(settings)
    worker = Worker(store, ways, "benchmark", connections=send.LINES, envelope=send.verp)
    began = time.perf_counter()
    worker.drain()
    seconds = time.perf_counter() - began
    worker.close()
    sent = sendlog.counts(store)[State.SENT] - before
    assert sent == size, f"{sent} of {size} letters were sent"
    return size / seconds


def _alone(keys: dict[str, str], size: int) -> None:
    """Microseconds for one signature, ours and dkimpy's."""
    data = send.message()
    for selector, kind in (("e1", "ed25519"), ("r1", "rsa")):
        key = keys[selector]
        signer = Signer(domain="campaign.example", keys=transports.dkim.read(key, selector))
        library = _library(data, key, selector, kind)
        mine = load.report(f"{kind}, ours", [_microseconds(partial(signer, data), size)], " us")
        theirs = load.report(f"{kind}, dkimpy", [_microseconds(library, size // 10)], " us")
        print(f"{'':<28} ratio {mine / theirs:.2f}")


def _library(data: bytes, key: str, selector: str, kind: str) -> Callable[[], object]:
    return lambda: dkim.sign(
        data, selector.encode(), b"campaign.example", key.encode(), canonicalize=(b"relaxed",) * 2,
        signature_algorithm=f"{kind}-sha256".encode(),
    )  # fmt: skip


def _microseconds(act: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - began) / times * 1e6


def _ed25519() -> str:
    private = ed25519.Ed25519PrivateKey.generate()
    return base64.b64encode(private.private_bytes_raw()).decode("ascii")


def _rsa() -> str:
    private = rsa.generate_private_key(65537, 2048)
    form = PrivateFormat.TraditionalOpenSSL  # the one that dkimpy reads
    return private.private_bytes(Encoding.PEM, form, NoEncryption()).decode("ascii")


if __name__ == "__main__":
    main()
