"""Where offices' answers go is said truly, before a letter is sent and after."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import letter_text
from tests.web_public.page import Visitor

SAID = "through an address of ours"


@pytest.mark.parametrize(("alias", "ours"), [("off", False), ("always", True)])
def test_preview_and_receipt_tell_of_an_address_of_ours(
    make_app: Callable[..., Flask], sqlite: Store, alias: str, ours: bool
) -> None:
    visitor = Visitor(make_app(reply_alias=alias, reply_domain="reply.campaign.example"))
    assert (SAID in visitor.preview("exams").text) == ours
    receipt = visitor.get(visitor.send("exams").headers["Location"])
    assert (SAID in receipt.text) == ours
    with sqlite.read() as tx:
        stored = tx.execute(select(letter_text.c.reply_address)).scalars().all()
    assert {address.endswith("@reply.campaign.example") for address in stored} == {ours}
