"""The texts with which a campaign begins: whole files that pass `mailer check` as they are."""

from __future__ import annotations

_ENGLISH = """\
+++
#:schema ../../campaign.schema.json
title = "{title}"
date = {day}
description = "One sentence that says what it is about, for whoever sees the link."

status = "draft"                    # nobody sees it; then trial, live, closed
to = {to}
timezone = "{timezone}"
contact = "help@coalition.example"  # put a real one here

salutation = "Dear {{{{ official.salutation }}}},"
subjects = ["A request about {about}", "{title}"]

[[roles]]
id = "resident"
label = "Resident"
prompt = "What does this change for you and those around you?"

[[roles]]
id = "worker"
label = "Somebody who works in this field"
prompt = "What do you see at work that others do not?"
+++
Say here what happens, whom it hurts, and who can decide otherwise. Three short paragraphs
are enough.

**What we ask:** write one sentence that a decision can answer.

***
I write to you about {about}.

{{% if supporter.personal %}}
{{{{ supporter.personal }}}}

{{% endif %}}
Say here what happens, and what it does to people.

I ask you to write here what you ask, in one sentence that can be answered with yes or no.

Yours sincerely,
"""

_FRENCH = """\
+++
title = "{title}"
description = "Une phrase qui dit de quoi il s'agit, pour qui voit le lien."

salutation = "{{{{ official.salutation }}}},"
subjects = ["Une demande au sujet de {about}", "{title}"]

[[roles]]
id = "resident"
label = "Personne qui habite ici"
prompt = "Qu'est-ce que cela change pour vous et vos proches?"

[[roles]]
id = "worker"
label = "Personne qui travaille dans ce domaine"
prompt = "Que voyez-vous au travail que d'autres ne voient pas?"
+++
Dites ici ce qui se passe, qui en souffre et qui peut en décider autrement. Trois courts
paragraphes suffisent.

**Ce que nous demandons :** écrivez une phrase à laquelle une décision peut répondre.

***
Je vous écris au sujet de {about}.

{{% if supporter.personal %}}
{{{{ supporter.personal }}}}

{{% endif %}}
Dites ici ce qui se passe et ce que cela fait aux gens.

Je vous demande d'écrire ici votre demande, en une phrase à laquelle on peut répondre par
oui ou non.

Veuillez agréer mes salutations distinguées.
"""


def main_file(*, title: str, about: str, day: str, to: str, timezone: str) -> str:
    """A campaign's main file."""
    return _ENGLISH.format(title=title, about=about, day=day, to=to, timezone=timezone)


def version_file(language: str, *, title: str, about: str, alone: bool) -> str:
    """The same campaign in another language, in French words where that is the language.

    `alone`: the main file was there before, with roles of its own, so none are named.
    """
    text = _FRENCH if language.partition("-")[0] == "fr" else _without_ours(_ENGLISH)
    if alone:
        head, _, rest = text.partition("\n[[roles]]")
        text = f"{head}+++{rest.partition('+++')[2]}"
    return text.format(title=title, about=about)


def _without_ours(text: str) -> str:
    """The English beginning without what only the main file says, to be translated."""
    ours = ("#:schema", "date =", "status =", "to =", "timezone =", "contact =")
    return "\n".join(line for line in text.split("\n") if not line.startswith(ours))
