"""What benchmarks.growth asks: everything that reads what others have written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import URL
from werkzeug.datastructures import MultiDict

from mailer import addresses, bounces, message, review
from mailer.campaigns import heldwords, reader, story
from mailer.campaigns.values import Supporter
from mailer.config import Settings
from mailer.db import Store, migrate
from mailer.districts import codes
from mailer.districts import reader as districts
from mailer.errors import FieldError, HeaderError
from mailer.message import Mail, read, tokens
from mailer.officials import reader as officials
from mailer.review import scripts
from mailer.sendlog.terms import terms
from mailer.transports.api import HOOKS
from mailer.transports.api.base import Call
from mailer.web import create_app
from mailer.web.i18n import preferred
from mailer.web.signing import Signer

ROOT = Path(__file__).resolve().parent.parent
HEAD = "From: MAILER-DAEMON@x.example\nSubject: Undeliverable\n"
KEYS = ("k" * 40,)
MAIL = Mail(
    from_name="Ann", from_address="letters@campaign.example", to_name="Sam",
    to_address="minister@ministry.example", reply_name="Ann", reply_address="ann@home.example",
    subject="Exams", text="Dear Sam", message_id="k2l3m4@campaign.example", date=1.6e9,
)  # fmt: skip

TYPED = ("a", "a ", "é", "\u0301", "=?utf-8?q?a?= ", "a@", "a.", '"', "\\", "<a@b.example>,", "\t",
         " \n", "https://a.example/ ", "李", "😀", "\u200d", "www.a.", "-")  # fmt: skip
FILES = ("a: ", "- ", "[", "{a: ", "&a ", "*a ", "# ", "'", '"', "\t", "\n", "a\n", "a = 1\n",
         "[a]\n", "{{ ", "{% if 1 %}", "a.", "---\n", "+++\n", "***\n", "? ", ": ", "!!a ", "|\n ",
         "<a>")  # fmt: skip
MAILS = ("a ", "<", "a@", "<a@b.example>:\n", "--x\n", "mailbox unknown ", "5.1.1 ", "\n", " \n",
         "X-A: b\n", "=?utf-8?q?a?= ", "<style>", "550 ", "&amp;", "\t", "a=b; ")  # fmt: skip
JSONS = ("[", "{", '{"a":', '"a",', "1,", " ", "9", "\\", "1e", "[],")


def refused(ask: Callable[[str], object]) -> Callable[[str], object]:
    """Asks something that may refuse what it is asked: that is an answer, too."""

    def asked(text: str) -> object:
        try:
            return ask(text)
        except (FieldError, HeaderError, ValueError) as error:
            return error

    return asked


def bounce(head: str) -> Callable[[str], object]:
    """Reads a message that came back, with a text behind its head."""
    return lambda text: bounces.read(f"{HEAD}{head}{text}".encode())


def hook(name: str) -> Callable[[str], object]:
    """Proves a call of a provider, and reads it whatever the proof says."""
    known = HOOKS[name]

    def ask(text: str) -> None:
        call = Call(headers={"content-type": "application/json"}, body=text.encode())
        for step in (lambda: known.verify(call, KEYS, 0.0), lambda: known.read(call)):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - a refusal of any kind is an answer
                str(error)

    return ask


def headed(field: str) -> Callable[[str], object]:
    """Makes a message with a text in one of its values."""
    change: Any = {field: ""}
    return refused(lambda text: message.compose(replace(MAIL, **{**change, field: text})))


@cache
def pages() -> FlaskClient:
    """The shipped campaign's pages on a database of their own, for as long as the program runs."""
    folder = Path(tempfile.mkdtemp())
    shutil.copy(ROOT / "officials.yaml", folder)
    shutil.copytree(ROOT / "templates" / "letters", folder / "templates" / "letters")
    url = URL.create("sqlite", database=str(folder / "growth.db")).render_as_string()
    store = Store(url)
    migrate.upgrade(store)
    settings = Settings(home=folder, secret_keys=KEYS, database_url=url)
    return create_app(settings, store).test_client()


def posted(path: str, name: str) -> Callable[[str], object]:
    """Posts a form with a text in one of its fields, and reads the answer."""
    typed = {"name": "Ann Example", "email": "ann@home.example"}
    return lambda text: pages().post(path, data=MultiDict({**typed, name: text})).text


def asked_for(header: str) -> Callable[[str], object]:
    """Opens the campaign's page with a text in a header."""

    def ask(text: str) -> object:
        line = text.encode("latin-1", "replace").decode("latin-1").translate({10: 32, 13: 32})
        return pages().get("/proctoring/", headers={header: line}).text

    return ask


def shown(text: str) -> str:
    """What a page of the visitor's tells of what was typed."""
    return addresses.likely(text) + addresses.mailbox(text) + addresses.limit_key(text)


def campaign(text: str) -> object:
    """Reads a campaign whose letter is a text."""
    matter = '+++\ntitle = "T"\nto = ["a"]\n+++\n'
    return reader.read("x", {"en": ("x.md", matter + text)})


def front_matter(text: str) -> object:
    """Reads a campaign whose front matter is a text, in both its forms."""
    return [reader.read("x", {"en": ("x.md", f"{s}\n{text}\n{s}\nx")}) for s in ("+++", "---")]


SUPPORTER = Supporter(name="Ann", email="ann@home.example")
Subject = tuple[Callable[[str], object], tuple[str, ...]]

SUBJECTS: Mapping[str, Subject] = {
    "name: addresses.line": (refused(lambda text: addresses.line(text, 100)), TYPED),
    "words: addresses.paragraphs": (refused(lambda t: addresses.paragraphs(t, 20_000)), TYPED),
    "address: addresses.parse": (refused(addresses.parse), TYPED),
    "address: near ones, mailbox": (lambda text: shown(text[:254]), TYPED),
    "search: addresses.folded": (addresses.folded, TYPED),
    "search: terms": (terms, TYPED),
    "postal code": (refused(codes.bare), TYPED),
    "held words": (lambda t: heldwords.find(("idiot", "a b", "é"), [t]), TYPED),
    "look-alike names": (scripts.are_mixed, TYPED),
    "look-alike domains": (lambda text: scripts.is_imitation(text[:254]), TYPED),
    "signs of a program": (lambda text: review.sign(replace(SUPPORTER, name=text), ()), TYPED),
    "own words: review.least": (lambda text: review.least(text, ()), TYPED),
    "message: subject": (headed("subject"), TYPED),
    "message: name": (headed("from_name"), TYPED),
    "message: text": (headed("text"), TYPED),
    "message: read back": (lambda t: read.parts(f"Subject: a\n\n{t}".encode()), MAILS),
    "message: headers read back": (lambda text: read.parts(text.encode()), MAILS),
    "token of a bounce": (lambda text: list(tokens.named_in(text, KEYS)), TYPED),
    "signature of a preview": (lambda t: Signer(KEYS, lambda: 0.0).age(t, t, t, t), TYPED),
    "Accept-Language": (lambda t: preferred(t, "en", "fr"), ("a", "en,", "a;q=", "q=0.1,", "-")),
    "page: its headers": (asked_for("Cookie"), ("a=b; ", "a", "=", '"', ";")),
    "form: name": (posted("/proctoring/preview", "name"), TYPED),
    "form: own words": (posted("/proctoring/preview", "personal"), TYPED),
    "form: any other field": (posted("/proctoring/send", "signature"), TYPED),
    "form: officials": (posted("/proctoring/preview", "officials"), TYPED),
    "bounce: what it says": (bounce("\n"), MAILS),
    "bounce: its headers": (bounce(""), MAILS),
    "bounce: its parts": (bounce("Content-Type: multipart/report; boundary=x\n\n"), MAILS),
    "bounce: its report": (bounce("Content-Type: message/delivery-status\n\n"), MAILS),
    "bounce: its HTML": (bounce("Content-Type: text/html\n\n"), MAILS),
    "officials.yaml": (officials.read, FILES),
    "districts.csv": (lambda text: districts.read(f"code,district\n{text}"), FILES),
    "front matter": (front_matter, FILES),
    "letter": (campaign, FILES),
    "story": (story.html, (*FILES, "[a](", "**", "> ", "`", "<a ", "![", "_a_")),
    **{f"webhook: {name}": (hook(name), JSONS) for name in HOOKS},
}  # fmt: skip
