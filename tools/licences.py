"""Whether the licence of each package goes together with AGPL-3.0-or-later.

A licence is what a package's installed metadata says; one that says nothing is not let through
unless a person has read its licence file, whose words are then looked for each time.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from importlib import metadata
from typing import cast

from license_expression import ExpressionError, LicenseExpression, get_spdx_licensing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import ROOT, wanted

# Free licences that may be combined with AGPL-3.0-or-later: the FSF's list of compatible ones.
COMPATIBLE = frozenset({
    "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause",
    "BSL-1.0", "CC0-1.0", "GPL-3.0-only", "GPL-3.0-or-later", "HPND", "ISC", "LGPL-2.1-or-later",
    "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0",
    "Python-2.0", "Unlicense", "Zlib",
})  # fmt: skip
# Free, but not to be combined with ours: only for what tests run, which nobody is given.
FOR_TESTS = frozenset({"CNRI-Python"})

# What older packages call the same.
SPOKEN = {
    "Apache 2.0": "Apache-2.0", "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0", "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause", "ISC License (ISCL)": "ISC", "MIT License": "MIT",
    "MIT license": "MIT", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0", "The Unlicense (Unlicense)": "Unlicense",
}  # fmt: skip

# Whose metadata names none: the licence a person read in its file, and words that prove it.
READ = {
    "axe-playwright-python": ("MIT", "MIT License"),
    "dkimpy": ("Zlib", "Permission is granted to anyone to use this software for any purpose"),
    "pyrage": ("MIT", "The MIT License (MIT)"),
    "pysqlite3": ("Zlib", "Permission is granted to anyone to use this software for any purpose"),
}

_SPDX = get_spdx_licensing()


def needed(asked: Iterable[Requirement]) -> set[str]:
    """The names of all packages here that these ask for, and those ask for, and so on."""
    waiting = list(asked)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        need = waiting.pop()
        step = (canonicalize_name(need.name), frozenset(need.extras))
        if step in seen or (need.marker is not None and not need.marker.evaluate()):
            continue
        seen.add(step)
        for line in metadata.requires(need.name) or ():
            more = Requirement(line)
            if _holds(more, step[1]):
                more.marker = None
                waiting.append(more)
    return {name for name, _ in seen}


def _holds(need: Requirement, extras: frozenset[str]) -> bool:
    if need.marker is None:
        return True
    return any(need.marker.evaluate({"extra": extra}) for extra in extras | {""})


def licence(name: str) -> str:
    """The SPDX expression of an installed package, or "" where none can be told."""
    about = cast(Message, metadata.metadata(name))
    if stated := about.get("License-Expression"):
        return str(stated)
    if name in READ and READ[name][1] in _licence_file(name):
        return READ[name][0]
    words = str(about.get("License") or "").strip()
    if spoken := SPOKEN.get(words, words if words in COMPATIBLE else ""):
        return spoken
    kinds = [line.split(" :: ")[-1] for line in about.get_all("Classifier") or ()
             if line.startswith("License :: ")]  # fmt: skip
    return " OR ".join(SPOKEN[kind] for kind in kinds if kind in SPOKEN)


def _licence_file(name: str) -> str:
    texts = [file.read_text(encoding="utf-8") for file in metadata.files(name) or ()
             if "LICENSE" in file.name.upper()]  # fmt: skip
    return " ".join(" ".join(texts).split())


def goes_with_ours(expression: str, others: frozenset[str] = frozenset()) -> bool:
    """Whether what an SPDX expression allows may be combined with AGPL-3.0-or-later."""
    try:
        parsed = _SPDX.parse(expression, validate=True)
    except ExpressionError:
        return False
    return parsed is not None and _allowed(parsed, COMPATIBLE | others)


def _allowed(parsed: LicenseExpression, allowed: frozenset[str]) -> bool:
    if isinstance(parsed, _SPDX.OR):
        return any(_allowed(part, allowed) for part in parsed.args)
    if isinstance(parsed, _SPDX.AND):
        return all(_allowed(part, allowed) for part in parsed.args)
    return str(parsed) in allowed


def faults(found: Mapping[str, str], others: frozenset[str] = frozenset()) -> Iterator[str]:
    """Of packages and their licences, those that are not to be used, in words."""
    for name, said in sorted(found.items()):
        if not said:
            yield f"{name}: its licence is not known; read it, then note it in tools/licences.py"
        elif not goes_with_ours(said, others):
            yield f"{name}: {said} does not go with AGPL-3.0-or-later"


def check() -> tuple[dict[str, str], list[str]]:
    """All packages that are needed with their licences, and what is wrong with them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = project["project"]["optional-dependencies"]["test"]
    tests = [one for one in map(Requirement, lines) if one.name != "mailer"]
    ours = {name: licence(name) for name in needed(wanted(project, build=False))}
    theirs = {name: licence(name) for name in needed(tests) - ours.keys()}
    return ours | theirs, [*faults(ours), *faults(theirs, FOR_TESTS)]


if __name__ == "__main__":
    known, wrong = check()
    for package, words in sorted(known.items()):
        print(f"{package:<28} {words}")
    sys.exit("\n".join(wrong) or 0)
