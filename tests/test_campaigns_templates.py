"""What a letter's template may say, and that its work and size are bounded."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mailer.campaigns.letters import merge
from mailer.campaigns.values import Campaign, Organisation, Signatory, Version
from mailer.errors import MergeError
from tests.merging import ANN, OFFICIAL, above_closing, campaign

LOOP = "{% for a in campaign.signatories %}"


def test_lines_of_tags_leave_nothing_behind() -> None:
    letter = (
        "One.\n\n{% if official.name %}\n"
        "Two{% if official.title %}, {{ official.title }}{% endif %}\n"
        "{% endif %}\n{% for word in official.portfolios %}\n- {{ word }}\n{% endfor %}\n"
        "{# nothing #}\n{% set x = 'Three' %}\n{{ x }}."
    )
    assert above_closing(letter) == "One.\n\nTwo, Minister\n- a\n- b\nThree."


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("{{ official.name|upper }}", "BEN EXAMPLE"),
        ("{{ 'A'|lower }}{{ 'a b'|title }}{{ ' a '|trim }}", "aA Ba"),
        ("{{ supporter.district|default('here') }}", "here"),
        ("{{ official.portfolios|join(' and ') }}", "a and b"),
        ("{{ campaign.organisations|join(', ', attribute='name') }}", "A Org, B Org"),
        ("{{ '2020-07-02'|date }}", "July 2, 2020"),
        ("{{ '2020-07-02'|date('short') }}", "7/2/20"),
        ("{{ 'a b c d e f g h i j k l'|wordwrap(20) }}", "a b c d e f g h i j\nk l"),
        ("{% for s in campaign.signatories %}{{ s.organisation }}{% endfor %}", "A Org"),
        ("{% for t in official.portfolios %}{{ loop.index }},{% endfor %}", "1,2,"),
        ("{% for t in official.portfolios %}{% if loop.last %}{{ t }}{% endif %}{% endfor %}", "b"),
        ("{% if 'a' in official.portfolios and supporter.role != 'x' %}y{% endif %}", "y"),
        ("{{ 'y' if supporter.role is in ['', 'x'] else 'n' }}", "y"),
        ("{{ campaign.url }} {{ campaign.title }}", "https://c.example/x/ T"),
        ("{{ (supporter.district or official.title)|upper }}", "MINISTER"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ],
)  # fmt: skip
def test_what_templates_may_say(code: str, result: str) -> None:
    organised = replace(
        campaign(code),
        organisations=(
            Organisation(id="a", name={"": "A Org"}),
            Organisation(id="b", name={"": "B Org"}),
        ),
        signatories=(Signatory(name="S", organisation="a"),),
    )
    body = merge(organised, OFFICIAL, ANN, url="https://c.example/x/").body
    assert body.partition("\n\nAnn Example\n")[0] == result


def test_dates_are_in_the_letters_language() -> None:
    version = Version(language="fr", title="T", letter="{{ '2020-07-01'|date }}", file="x.md")
    letter = merge(Campaign(slug="x", versions={"fr": version}), OFFICIAL, ANN)
    assert letter.body.startswith("1 juillet 2020")


@pytest.mark.parametrize(
    "code",
    [
        "{{ 'a' * 200000000 }}",
        "{{ '%0999999999d'|format(1) }}",
        "{{ range(1000000000) }}",
        "{{ official.portfolios|join('" + "x" * 11_000 + "') }}",
        f"{LOOP}{LOOP}{LOOP}" + "{% endfor %}" * 3,
        LOOP + "x" * 500 + "{% endfor %}",
        "{{ supporter.personal|wordwrap(1) }}",
        "{{ 'x'|date }}",
        "{% if supporter.role %}{% set y = 'a' %}{% endif %}{{ y }}",
        "{% if 'a' < 3 %}{% endif %}",
    ],
    ids=range(10),
)  # fmt: skip
def test_work_and_size_are_bounded(code: str) -> None:
    many = tuple(Signatory(name=f"S{n}") for n in range(200))
    start = time.process_time()
    with pytest.raises(MergeError):
        merge(replace(campaign(code), signatories=many), OFFICIAL, ANN)
    assert time.process_time() - start < 2
