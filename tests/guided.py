"""Fuzzing that sees which branches an input reaches (atheris), for everything that parses bytes.

Run it with: python -m tests.guided [--seconds 20] [NAME ...]
It needs the package atheris, which exists for Linux only; without it this says so, loudly.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

MISSING = "ATHERIS IS NOT INSTALLED: no parser was fuzzed by its branches (pip install atheris)"

SEEDS: dict[str, list[bytes]] = {}
"""What a search begins with, by the name of what is asked."""

Ask = Callable[[bytes], object]


def asks() -> dict[str, Ask]:
    """Everything that is asked, by name; any error that comes out of one is a finding."""
    from mailer import bounces
    from mailer.campaigns import reader
    from mailer.districts import reader as districts
    from mailer.errors import FieldError, HeaderError
    from mailer.message import compose, read, tokens
    from mailer.officials import reader as officials
    from mailer.transports.api import HOOKS
    from mailer.web.fields import FIELDS
    from mailer.web.public import forms
    from tests.bounces.samples import AUTOREPLY, HARD, SOFT
    from tests.conftest import ROOT
    from tests.message.judge import judge
    from tests.message.mails import ANN, judged
    from tests.providers.ways import ODD, call

    letter = (ROOT / "templates" / "letters" / "proctoring.md").read_bytes()
    SEEDS["bounces"] = [one.data for one in (*HARD[:9], *SOFT[:3], *AUTOREPLY[:3])]
    SEEDS["front matter"] = [letter]
    SEEDS["officials"] = [(ROOT / "officials.yaml").read_bytes()]
    SEEDS["message"] = [compose(ANN)]
    SEEDS["webhooks"] = [one for one in ODD if len(one) < 5_000]

    def named(data: bytes) -> None:
        mail = replace(ANN, from_name=text(data), reply_name=text(data[::-1]), subject=text(data))
        with suppress(HeaderError):
            judged(mail, made := compose(mail), judge(made))

    def hooks(data: bytes) -> None:
        for hook in HOOKS.values():
            with suppress(ValueError):
                hook.read(call(data))

    def typed(data: bytes) -> None:
        for one in FIELDS.values():
            with suppress(FieldError):
                forms.paragraphs(one, text(data))

    return {
        "bounces": lambda data: bounces.read(data),
        "front matter": lambda data: reader.read("x", {"en": ("x.md", text(data))}),
        "officials": lambda data: officials.read(text(data)),
        "districts": lambda data: districts.read(text(data)),
        "message": lambda data: read.parts(data),
        "tokens": lambda data: list(tokens.named_in(text(data), ("k" * 40,))),
        "names": named,
        "webhooks": hooks,
        "form": typed,
    }


def text(data: bytes) -> str:
    """Bytes as a text of any characters, half ones too."""
    return data.decode("utf-8", "surrogateescape")


NAMES = (
    "bounces", "front matter", "officials", "districts", "message", "tokens", "names", "webhooks",
    "form",
)  # fmt: skip


def fuzz(name: str, seconds: int) -> None:
    """Search for an input that fails, in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["mailer", "email"]):
        ask = asks()[name]
    failing = f"-artifact_prefix={Path(tempfile.gettempdir()) / 'mailer-guided-'}"
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS.get(name, [])):
            (Path(folder) / str(number)).write_bytes(seed)
        limits = [
            f"-max_total_time={seconds}",
            "-max_len=8192",
            "-timeout=20",
            "-rss_limit_mb=1500",
        ]
        atheris.Setup([sys.argv[0], *limits, failing, "-print_final_stats=1", folder], ask)
        atheris.Fuzz()


def searches(names: list[str], seconds: int) -> Iterator[tuple[int, int]]:
    """Each in a process of its own: how many inputs were tried, and how it ended."""
    for name in names:
        command = [sys.executable, "-m", "tests.guided", "--seconds", str(seconds), "--here", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        told = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        tried = int(told[0].rpartition(" ")[2]) if told else 0
        failed = done.returncode or not tried
        print(f"{tried:>9,}  inputs for: {name}{'  FAILED' if failed else ''}", flush=True)
        if failed:
            print(done.stdout[-3000:], done.stderr[-3000:], sep="\n")
        yield tried, int(bool(failed))


def main() -> int:
    """Fuzz what is named, or all of it; 1 when something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []])
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print(f"\n{'!' * len(MISSING)}\n{MISSING}\n{'!' * len(MISSING)}\n", file=sys.stderr)
        return 0
    if chosen.here:
        fuzz(chosen.names[0], chosen.seconds)
        return 0
    done = list(searches(list(chosen.names) or list(NAMES), chosen.seconds))
    tried, failed = map(sum, zip(*done, strict=True))
    told = f"{failed or 'none'} of {len(done)} searches found an error"
    print(f"{tried:>9,}  inputs in all, chosen by the branches that they reach: {told}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
