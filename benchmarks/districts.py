"""Districts at scale: 36,000 postal codes to 577 districts, and 900,000 to 343.

Tells in processor time how long a list takes to be read and what a lookup costs beside a bare
dict, and what the list weighs.
Run it with: python -m benchmarks.districts
"""

from __future__ import annotations

import random
import time
import tracemalloc
from datetime import date
from itertools import islice, product

from mailer.campaigns.constituencies import constituencies
from mailer.campaigns.library import DISTRICTS, OFFICIALS, read_content
from mailer.campaigns.recipients import recipients
from mailer.districts import reader
from mailer.districts.codes import FIRST, LETTERS

LOOKUPS = 200_000
DIGITS = "0123456789"
DAY = date(2026, 11, 24)
LETTER = """\
+++
title = "To our deputies"
to = { tags = ["deputy"], district = "supporter" }
require = ["postal_code"]
+++
Hi.
"""


def french(codes: int, districts: int) -> tuple[list[str], str]:
    """Codes of five digits, and a list that leads them to districts."""
    found = [f"{1000 + number * 2:05d}" for number in range(codes)]
    names = [f"{number % 20 + 1}e circonscription, Région {number // 20}"
             for number in range(districts)]  # fmt: skip
    rows = (f'{code},"{names[number * districts // codes]}"' for number, code in enumerate(found))
    return found, "\n".join(["code,district", *rows])


def canadian(codes: int, districts: int) -> tuple[list[str], str]:
    """Codes as Canada Post writes them, and a list that leads them to districts."""
    parts = product(sorted(FIRST), DIGITS, sorted(LETTERS), DIGITS, sorted(LETTERS), DIGITS)
    found = [f"{a}{b}{c} {d}{e}{f}" for a, b, c, d, e, f in islice(parts, codes)]
    rows = (f"{code},Riding {number * districts // codes}" for number, code in enumerate(found))
    return found, "\n".join(["code,district", *rows])


def measure(name: str, codes: list[str], text: str) -> None:
    """Read the list, look codes up, and tell what it took."""
    began = time.process_time()
    districts, problems = reader.read(text)
    loaded = time.process_time() - began
    assert not problems, problems[:3]
    asked = random.Random(1).choices(codes, k=LOOKUPS)
    began = time.process_time()
    for code in asked:
        districts.find(code)
    each = (time.process_time() - began) / LOOKUPS
    plain = {code.replace(" ", ""): "" for code in codes}
    began = time.process_time()
    for code in asked:
        plain.get(code.replace(" ", ""))
    bare = (time.process_time() - began) / LOOKUPS
    print(f"{name}: {len(codes):,} codes, {len(districts.named)} districts, {len(text):,} bytes")
    print(f"  read in {loaded:.2f} s; a lookup {each * 1e6:.2f} µs, a dict's {bare * 1e6:.2f} µs")


def weigh(text: str) -> None:
    """Tell the memory that a list needs once it is read."""
    reader.read.cache_clear()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    districts, _ = reader.read(text)
    reader.read.cache_clear()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"  {kept / 1e6:.1f} MB in memory for {len(districts.codes):,} codes")


def home(deputies: int) -> None:
    """Tell what a home of deputies costs: all of it, a page's districts, one supporter's."""
    _, text = french(36_000, deputies)
    names = list(dict.fromkeys(line.partition(",")[2] for line in text.split("\n")[1:]))
    rows = [
        f"  - {{id: d{number}, name: Deputy {number}, email: d{number}@x.example,"
        f" district: {name}, tags: [deputy]}}"
        for number, name in enumerate(names)
    ]
    files = {
        OFFICIALS: "\n".join(["officials:", *rows]),
        DISTRICTS: text,
        "templates/letters/deputies.md": LETTER,
    }
    reader.read.cache_clear()
    began = time.process_time()
    content = read_content(files)
    loaded = time.process_time() - began
    campaign = content.campaigns["deputies"]
    began = time.process_time()
    known = constituencies(campaign, content.officials, content.districts, DAY)
    listed = time.process_time() - began
    began = time.process_time()
    found = recipients(campaign, content.officials, DAY, district=known.all[7].name)
    one = time.process_time() - began
    print(f"A home of {deputies} deputies and 36,000 codes: read in {loaded:.2f} s;")
    print(f"  its districts in {listed * 1e3:.1f} ms (once a reload),")
    print(f"  a supporter's own ({len(found)}) in {one * 1e3:.2f} ms")


def main() -> None:
    """Measure the lists of two countries, and a whole home."""
    for name, (codes, text) in (
        ("France", french(36_000, 577)),
        ("Canada", canadian(900_000, 343)),
    ):
        measure(name, codes, text)
        weigh(text)
    home(577)


if __name__ == "__main__":
    main()
