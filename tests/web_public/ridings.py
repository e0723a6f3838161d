"""A home of 124 members of a parliament, each of a district, and a list of postal codes."""

from __future__ import annotations

from pathlib import Path

MEMBERS = 124
_FIRST = "ABCEGHJKLMNPRSTVXY"
_LETTERS = "ABCEGHJKLMNPRSTVWXYZ"

ENGLISH = """\
+++
title = "Write to your member"
status = "live"
confirm = false
to = {{ tags = ["member"], district = "supporter" }}
salutation = "Dear {{{{ official.salutation }}}},"
{keys}
+++
Why we write.
***
I live in {{{{ supporter.district }}}}.
"""
FRENCH = """\
+++
title = "Écrivez à votre députée"
salutation = "{{ official.salutation }},"
+++
Pourquoi nous écrivons.
***
J'habite {{ supporter.district }}.
"""


def beginning(number: int) -> str:
    """The first half of the postal codes of a district."""
    return f"{_FIRST[number % 18]}{number % 10}{_LETTERS[number // 18]}"


def official(number: int, more: str = "") -> str:
    """A member, as a line of officials.yaml."""
    district = f"{{en: Riding of {number}, fr: Comté de l'Étang {number}}}"
    return (
        f"  - {{id: member-{number}, name: Member {number}, email: m{number}@parliament.example,"
        f" district: {district}, tags: [member], salutation: {{en: Member {number},"
        f" fr: Madame la députée}}{more}}}\n"
    )


def write_ridings(folder: Path, keys: str = 'require = ["postal_code"]', *, rows: str = "") -> Path:
    """The home; `K0A` lies in ridings 1 and 2, `K0B` in one that nobody holds."""
    letters = folder / "templates" / "letters"
    letters.mkdir(parents=True)
    people = "".join(official(number) for number in range(MEMBERS))
    premier = "  - {id: premier, name: Pat Premier, email: premier@parliament.example}\n"
    (folder / "officials.yaml").write_text(f"officials:\n{people}{premier}", encoding="utf-8")
    lines = [f"{beginning(number)},Riding of {number}" for number in range(MEMBERS)]
    lines += ["K0A,Riding of 1", "k0a,comte de l'etang 2", "K0B,Vacant Lake"]
    text = "\n".join(["code,district", *lines]) + f"\n{rows}"
    (folder / "districts.csv").write_text(text, encoding="utf-8")
    (letters / "member.md").write_text(ENGLISH.format(keys=keys), encoding="utf-8")
    (letters / "member.fr.md").write_text(FRENCH, encoding="utf-8")
    return folder
