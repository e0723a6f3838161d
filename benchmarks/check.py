"""`mailer check` on lists as large as real ones: 2,000 officials, 577 deputies, 124 members.

Each home has the shipped letter in both languages, with its roles, subjects, paragraphs and
conditions. Told are how long the files take to be read, in this process, and the whole command
from its start to its end, processor time and by the clock; each the median of five.
Run it with: python -m benchmarks.check
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.districts import canadian, french
from mailer.campaigns.library import DISTRICTS, LETTERS, OFFICIALS, read_content, read_files
from mailer.districts import reader as districts_reader

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
SHIPPED = 'to = ["minister-colleges-universities", "minister-labour"]'
_FIRST = ("Zoé", "Sam", "Jean-Paul", "Kim", "Séverine", "Alex", "Noor", "Ann", "Émile", "Robin")
_LAST = ("Sample", "d'Exemple", "Example-Modèle", "Muster", "Ejemplo", "Przykład", "Voorbeeld")


@dataclass(frozen=True, kw_only=True)
class Home:
    """A home folder to be made."""

    name: str
    officials: int
    districts: str = ""  # the text of districts.csv


def homes() -> Iterator[Home]:
    """The three lists."""
    yield Home(name="2,000 officials", officials=2000)
    yield Home(name="577 deputies, 36,000 codes", officials=577, districts=french(36_000, 577)[1])
    yield Home(
        name="124 members, 290,000 codes", officials=124, districts=canadian(290_000, 124)[1]
    )


def write(home: Home, folder: Path) -> None:
    """Write the files of a home."""
    (folder / LETTERS).mkdir(parents=True)
    names = list(dict.fromkeys(_districts(home.districts)))
    people = (_official(n, names[n] if n < len(names) else "") for n in range(home.officials))
    (folder / OFFICIALS).write_text("officials:\n" + "".join(people), encoding="utf-8")
    if home.districts:
        (folder / DISTRICTS).write_text(home.districts, encoding="utf-8")
    own = ', district = "supporter"' if home.districts else ""
    for file in sorted((ROOT / LETTERS).glob("proctoring*.md")):
        text = file.read_text(encoding="utf-8")
        text = text.replace(
            SHIPPED, f'to = {{ tags = ["member"]{own} }}\nrequire = ["postal_code"]'
        )
        (folder / LETTERS / file.name).write_text(text, encoding="utf-8")


def _districts(text: str) -> Iterator[str]:
    for line in text.split("\n")[1:]:
        yield line.partition(",")[2].strip('"')


def _official(number: int, district: str) -> str:
    name = f"{_FIRST[number % 10]} {_LAST[number // 10 % 7]}-{number}"
    return (
        f"  - id: member-{number}\n    name: {name}\n"
        f"    email: member.{number}@parliament.example\n"
        f"    honorific: {{en: The Honourable, fr: L'honorable}}\n"
        f"    salutation: {{en: Member {number}, fr: Madame la députée}}\n"
        f"    district: {district or f'Example {number}'}\n"
        f"    region: Region {number % 13}\n    tags: [member, party-{'abc'[number % 3]}]\n"
    )


def reading(folder: Path) -> float:
    """Seconds of processor time in which the files become values."""
    districts_reader.read.cache_clear()
    began = time.process_time()
    content = read_content(read_files(folder)[0])
    taken = time.process_time() - began
    assert content.campaigns, content.problems[:3]
    return taken


def command(folder: Path) -> tuple[float, float]:
    """The whole command: seconds of processor time, and by the clock."""
    environment = {**os.environ, "MAILER_HOME": str(folder)}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "mailer", "check"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    clock = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.returncode == 0, ended.stdout[-400:] + ended.stderr[-400:]
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def main() -> None:
    """Measure each home."""
    for home in homes():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(home, folder)
            read = middle([reading(folder) for _ in range(ROUNDS)])
            runs = [command(folder) for _ in range(ROUNDS)]
        processor, clock = (middle([run[at] for run in runs]) for at in (0, 1))
        print(
            f"{home.name}: read in {read:.2f} s;"
            f" mailer check {processor:.2f} s of processor time, {clock:.2f} s by the clock"
        )


if __name__ == "__main__":
    main()
