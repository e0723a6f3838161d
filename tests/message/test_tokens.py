"""The addresses that name a letter: only we can make them, and servers may change their case."""

from __future__ import annotations

import pytest

from mailer.message import tokens
from mailer.message.tokens import LONGEST_LOCAL, Named

LETTER = "01hzxk2m3m4n5p6q7r8s9t0vwx"
OLD, NEW = "o" * 40, "n" * 40


def bounces(letter: str = LETTER, *keys: str, domain: str = "reply.example") -> str:
    return tokens.for_bounces(letter, "letters@campaign.example", domain, keys or (OLD,))


def read(address: str, *keys: str) -> list[Named]:
    return list(tokens.named_in(address, keys or (OLD,)))


@pytest.mark.parametrize("domain", ["reply.example", ""])
@pytest.mark.parametrize("change", [str, str.upper, str.title])
def test_an_address_proves_its_letter_in_any_case(domain: str, change: type[str]) -> None:
    expected = [Named(letter=LETTER, answers=False, proven=True)]
    assert read(change(bounces(domain=domain))) == expected


def test_what_it_is_for_is_part_of_the_proof() -> None:
    answers = tokens.for_answers(LETTER, "reply.example", (OLD,))
    assert read(answers) == [Named(letter=LETTER, answers=True, proven=True)]
    turned = {answers.replace("r-", "b-"), bounces().replace("b-", "r-")}
    assert {one.proven for address in turned for one in read(address)} == {False}


def test_the_newest_key_makes_them_and_all_are_believed() -> None:
    assert bounces(LETTER, NEW, OLD) == bounces(LETTER, NEW) != bounces(LETTER, OLD)
    for made in (bounces(LETTER, NEW), bounces(LETTER, OLD)):
        assert read(made, NEW, OLD)[0].proven
    assert not read(bounces(LETTER, OLD), NEW)[0].proven
    assert not read(bounces(LETTER, OLD), "")[0].proven


def test_every_other_mark_is_refused() -> None:
    local, _, domain = bounces().partition("@")
    for place in range(len(local) - 12, len(local)):
        other = "0" if local[place] != "0" else "1"
        forged = f"{local[:place]}{other}{local[place + 1 :]}@{domain}"
        assert read(forged) == [Named(letter=LETTER, answers=False, proven=False)]
    moved = bounces("1" * 26).replace("1" * 26, LETTER)
    assert [one.proven for one in read(moved)] == [False]


def test_an_id_alone_names_and_proves_nothing() -> None:
    assert read(f"b-{LETTER}@x.example") == [Named(letter=LETTER, answers=False, proven=False)]


@pytest.mark.parametrize("hostile", ["\u017f", "\u212a", "\u0131", "\N{FULLWIDTH DIGIT ONE}"])
def test_letters_that_only_look_alike_are_none(hostile: str) -> None:
    address = bounces()
    assert read(address[:-20] + hostile + address[-19:]) == []


@pytest.mark.parametrize(("length", "fits"), [(23, True), (24, False)])
def test_a_plus_address_stands_where_it_fits(length: int, fits: bool) -> None:
    made = tokens.for_bounces(LETTER, f"{'x' * length}@campaign.example", "", (OLD,))
    assert ("+" in made) is fits is (length <= tokens.LONGEST_NAME)
    assert len(made.partition("@")[0]) <= LONGEST_LOCAL


def test_a_relay_that_wraps_the_address_keeps_it_readable() -> None:
    local = bounces().partition("@")[0]
    wrapped = f"SRS0=ab12=XY=reply.example={local}@forwarder.example"
    assert [one.proven for one in read(wrapped)] == [True]
