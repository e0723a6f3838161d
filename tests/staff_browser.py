"""A member of staff at a browser, for tests: keeps cookies, and sends forms with their token."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from mailer import accounts
from mailer.accounts import Account, passwords
from mailer.accounts.people import set_password
from mailer.db import Store
from mailer.web.staff.signin import SECRET

PASSWORD = "four quiet grey herons"
EMAIL = "kim@coalition.example"

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One browser. Each has cookies of its own."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(
        self, path: str, data: dict[str, str] | None = None, *, page: str = "", **more: Any
    ) -> TestResponse:
        """Send the form of `page` (the same address, if not told otherwise) to `path`."""
        shown = self.client.get(page or path)
        found = _TOKEN.search(shown.text)
        assert found, f"no form on {page or path}: {shown.status}"
        return self.client.post(path, data={**(data or {}), "csrf_token": found[1]}, **more)

    def enter(self, email: str = EMAIL) -> None:
        """Begin a session as signing in does, without the work that a password costs."""
        store = self.client.application.extensions["mailer"].store
        (own,) = (one for one in accounts.list_accounts(store) if one.email == email)
        with self.client.session_transaction() as session:
            session[SECRET] = accounts.start_session(store, own.id)

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
        """Fill in the form; for tests of signing in, and of what is beyond our own machine."""
        return self.post("/staff/sign-in", {"email": email, "password": password})

    def signed_in(self) -> bool:
        return self.get("/staff/account").status_code == 200


def member(store: Store, email: str = EMAIL, role: str = "viewer") -> Account:
    """An account with PASSWORD."""
    secret = accounts.invite(store, email, role)
    made = accounts.redeem(store, secret, accounts.INVITATION)
    assert made
    with store.write() as tx:
        set_password(tx, made.id, _kept())
    return replace(made, pending=False)


@cache
def _kept() -> str:
    """PASSWORD as it is kept: made once, for making it is work on purpose."""
    return passwords.hashed(PASSWORD)
