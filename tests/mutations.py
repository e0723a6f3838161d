"""A good home folder, what people do to one by mistake, and what they may rightly do to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OFFICIALS_FILE, MAIN_FILE, FRENCH_FILE, YAML_FILE = (
    "officials.yaml",
    "templates/letters/quiet.md",
    "templates/letters/quiet.fr.md",
    "templates/letters/post.md",
)

OFFICIALS = """\
# yaml-language-server: $schema=./officials.schema.json
posts:
  - id: minister-culture
    title: {en: Minister of Culture, fr: ministre de la Culture}
    email: culture@ministry.example
    phone: "+1 416 555 0100"
    address: 1 Example Street, Example Bay
    portfolios: [culture, libraries]
    language: en
    timezone: America/Toronto
    hours: mon-fri 09:00-17:00
    pace: 900/hour
  - id: minister-finance
    title: Minister of Finance
    email: finance@ministry.example
    portfolios:
      - finance
    pace: 20/minute
officials:
  - id: sam-sample
    name: Sam Sample
    honorific: {en: The Honourable, fr: L'honorable}
    salutation: {en: Minister Sample, fr: Monsieur le Ministre}
    holds:
      - post: minister-culture
        from: 2019-06-20
        until: 2030-06-18
    region: Ontario
    district: Example North
    tags: [cabinet]
  - id: kim-example
    name: Kim Example
    salutation: "Minister Example"
    holds:
      - {post: minister-finance, from: 2020-01-01}
    tags: [cabinet, treasury]
  - id: clerk
    name: Zoé Clérk
    email: clerk@town.example
    do_not_mail: false
groups:
  ministers: [minister-culture, minister-finance]
domains:
  ministry.example: {pace: 3000/hour}
"""

MAIN = """\
+++
#:schema ../../campaign.schema.json
title = "Keep the libraries open"
date = 2026-07-02
description = "Two ministers can keep libraries open."
categories = ["News"]
status = "live"
opens = 2026-07-02
closes = 2031-12-31
timezone = "America/Toronto"
goal = 5000
to = ["ministers", "clerk"]
choose = "all"
fallback = "clerk"
ceiling = 20000
confirm = true
disposable = "refuse"
editable = "personal"
require = ["postal_code"]
salutation = "Dear {{ official.salutation }},"
subjects = ["A request about libraries", "Libraries and {{ official.name }}"]
hours = "08:00-18:00"
language = "supporter"
uncertain = "resend"
embed = ["https://member.example"]
colour = "#7a1f3d"
contact = "help@coalition.example"

[[roles]]
id = "reader"
label = "Reader"
prompt = "What do you read?"

[[roles]]
id = "worker"
label = "Library worker"

[[organisations]]
id = "union"
name = "Example Union"
privacy = "https://union.example/privacy"
consent = true

[[signatories]]
name = "Ann Example"
role = "Chair"
organisation = "union"
+++
What the page tells, in **Markdown**.

***
I write to you about libraries.

{% if "culture" in official.portfolios %}
You decide about culture.
{% endif %}
{% if supporter.role == "reader" %}
I read a lot{% if supporter.affiliation %} at {{ supporter.affiliation }}{% endif %}.
{% elif supporter.role == "worker" %}
I work in a library.
{% endif %}
{% if "cabinet" in official.tags %}
The cabinet decides.
{% endif %}
{{ supporter.personal }}

Supported by {{ campaign.signatories | join(", ", attribute="name") }}.

{% for one in campaign.organisations %}
- {{ one.name | upper }}
{% endfor %}
"""

FRENCH = """\
+++
title = "Gardons les bibliothèques ouvertes"
salutation = "{{ official.salutation }},"
subjects = ["Les bibliothèques", "Une demande"]

[[roles]]
id = "reader"
label = "Lectrice ou lecteur"

[[signatories]]
name = "Ann Example"
role = "présidence"
+++
Ce que dit la page.

***
Je vous écris au sujet des bibliothèques.

{{ supporter.personal }}
"""

YAML = """\
---
title: Fund the archive
date: 2026-05-01T10:00:00-04:00
categories:
  - Letters
status: draft
to:
  - kim-example
subjects:
  - The archive
salutation: "Dear {{ official.salutation }},"
roles:
  - id: reader
    label: Reader
contact: help@coalition.example
---
The story.

***
I write about the archive.

{{ supporter.personal }}
"""

GOOD: Mapping[str, str] = {
    OFFICIALS_FILE: OFFICIALS,
    MAIN_FILE: MAIN,
    FRENCH_FILE: FRENCH,
    YAML_FILE: YAML,
}

BESIDE: Mapping[str, tuple[str, ...]] = {
    OFFICIALS_FILE: (MAIN_FILE,),
    MAIN_FILE: (OFFICIALS_FILE,),
    FRENCH_FILE: (OFFICIALS_FILE, MAIN_FILE),
    YAML_FILE: (OFFICIALS_FILE,),
}
"""The other files that a change of one may concern."""


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One file of a home, changed; `lines` are those at one of which a mistake is to be told."""

    name: str
    file: str
    text: str
    lines: frozenset[int] = frozenset()


def swap(file: str, old: str, new: str, *, at: int | None = None) -> Mutation:
    """The first `old` of a file becomes `new`; it is told where the two begin to differ.

    `at` is how many lines below (or above) that it is told instead.
    """
    text = GOOD[file]
    start = text.index(old)
    same = next(
        (n for n, (one, two) in enumerate(zip(old, new, strict=False)) if one != two),
        min(len(old), len(new)),
    )
    first = text.count("\n", 0, start + same) + 1
    return Mutation(
        name=f"{file.rpartition('/')[2]}: {old[:40]!r} -> {new[:60]!r}",
        file=file,
        text=text[:start] + new + text[start + len(old) :],
        lines=frozenset({first + (at or 0)}),
    )
