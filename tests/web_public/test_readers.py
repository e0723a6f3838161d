"""Who a letter is for and from: said truly in a trial, for every choice, in every phase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from mailer.db import Store
from mailer.db.schema import letter, letter_text
from mailer.status import State
from tests.web_public.homes import write_campaign
from tests.web_public.page import Visitor

TRIAL_TO = "tryout@coalition.example"
RELAY = "smtp://127.0.0.1:2525?tls=none"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.SENT, f"taken it to {TRIAL_TO}, not to the office"),
        (State.DELIVERED, f"reached {TRIAL_TO}, not the office"),
        (State.BOUNCED, f"server of {TRIAL_TO} sent it back"),
        (State.COMPLAINED, f"reached {TRIAL_TO} and was marked"),
    ],
)
def test_the_receipt_of_a_trial_says_where_the_letter_went(
    home: Path, make_app: Callable[..., Flask], sqlite: Store, state: State, words: str
) -> None:
    write_campaign(home, "trying", status="trial")
    visitor = Visitor(make_app(transports=(RELAY,), trial_to=TRIAL_TO))
    address = visitor.send("trying").headers["Location"]
    with sqlite.write() as tx:
        tx.execute(update(letter).values(state=state, transport="smtp:relay.example"))
    write_campaign(home, "trying", status="closed")
    shown = visitor.get(address).text
    assert "was being tried out when you wrote" in shown
    assert shown.count(words) == 2
    assert "to carry it to the office" not in shown
    assert "Your letters have left." not in shown


def test_the_receipt_of_a_live_campaign_speaks_of_no_trial(visitor: Visitor, sqlite: Store) -> None:
    address = visitor.send("exams").headers["Location"]
    with sqlite.write() as tx:
        tx.execute(update(letter).values(state=State.SENT, transport="smtp:relay.example"))
    shown = visitor.get(address).text
    assert "to carry it to the office" in shown
    assert "tried out" not in shown
    assert "trial" not in shown


def test_a_queued_letter_is_not_said_to_wait_for_the_office(visitor: Visitor) -> None:
    shown = visitor.get(visitor.send("exams").headers["Location"]).text
    assert shown.count("It leaves in its turn, as soon as the way is free.") == 2
    assert "so many letters an hour" not in shown


def test_preview_and_receipt_show_the_same_head(visitor: Visitor, sqlite: Store) -> None:
    heads = (
        "<dd>The Honourable Nora North &lt;north@ministry.example&gt;</dd>",
        "<dd>Sam South &lt;south@ministry.example&gt;</dd>",
        "<dt>From</dt><dd>Ann Example via Quiet exams</dd>",
    )
    address = visitor.send("exams").headers["Location"]
    for shown in (visitor.preview("exams").text, visitor.get(address).text):
        for head in heads:
            assert head in shown, head
    with sqlite.write() as tx:
        tx.execute(update(letter_text).values(from_name="Ann Example via an older title"))
    assert "Ann Example via an older title" in visitor.get(address).text, "as it was written"


@pytest.mark.parametrize(
    ("keys", "heading", "hint"),
    [
        ({}, "Who receives the letter", "Each gets a letter of their own"),
        ({"choose": "any"}, "Who you can write to", "You choose one or more"),
        ({"choose": "one"}, "Who you can write to", "You choose one person"),
        ({"status": "closed"}, "Who the letters were for", "Every letter was addressed"),
        ({"opens": "soon"}, "Who will receive the letter", "Each will get a letter"),
        (
            {"opens": "soon", "choose": "one"},
            "Who you will be able to write to",
            "You will choose who gets a letter",
        ),
    ],
)
def test_who_the_letter_is_for(
    home: Path, visitor: Visitor, keys: dict[str, str], heading: str, hint: str
) -> None:
    soon = {"opens": "2099-01-01"} if "opens" in keys else {}
    write_campaign(home, "chosen", **{**keys, **soon})
    shown = visitor.get("/chosen/").text
    assert f'<h2 id="readers">{heading}</h2>' in shown
    assert hint in shown
    assert shown.count('<h2 id="readers">') == 1
    if keys.get("choose") == "one":
        assert "Write your letters" not in shown
    assert visitor.get("/chosen/?lang=fr").status_code == 200


def test_the_way_back_from_the_preview_in_french(visitor: Visitor) -> None:
    assert ">Modifier quelque chose</button>" in visitor.preview("exams", language="fr").text
