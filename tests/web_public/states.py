"""Every page of supporters in every state they can meet: one table, which a test holds complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import delete, insert, select, text, update
from werkzeug.test import TestResponse

from mailer.campaigns import links
from mailer.campaigns.pictures import FOLDER
from mailer.db import Store
from mailer.db.schema import bucket, confirmation, letter, submission
from mailer.limits.rules import EVERYTHING, SHARES, share
from mailer.outbox import lanes
from mailer.submissions import data_links, erase_links, unsubscribing
from tests.conftest import Clock
from tests.test_campaigns_pictures import png
from tests.web_public.homes import write_campaign
from tests.web_public.page import Page, Visitor, fields
from tests.web_public.ridings import beginning, write_ridings
from tests.web_public.unions import MEMBER, write_coalition

KEY = "k" * 40
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2

# What answers with no page of its own: files, and addresses that lead elsewhere.
NO_PAGE = frozenset(
    {
        "static", "site.media", "site.robots", "site.disclosure", "site.favicon",
        "site.proof_keys", "blocked.report",
        "look.sheet", "paper.letters",
        "public.astray", "confirming.astray", "confirming.again", "confirming.press",
        "confirming.not_me", "confirming.not_me_astray", "acts.astray", "acts.answered",
        "acts.asking", "acts.erase", "acts.links", "data.download", "finding.erase",
        "receipts.copy", "receipts.take_back", "unsubscribe.end",
    }
)  # fmt: skip


@dataclass
class Tour:
    """What was seen: pages by the name of their state, and the views that made them."""

    pages: dict[str, str] = field(default_factory=dict)
    endpoints: set[str] = field(default_factory=set)

    def watch(self, app: Flask) -> None:
        """Note which views answer with a page, and let there be one that fails."""
        app.add_url_rule("/fail", view_func=fail)

        @app.after_request
        def note(response: Response) -> Response:
            if response.mimetype == "text/html" and response.status_code not in {302, 303}:
                self.endpoints.add(str(request.endpoint))
            return response


def fail() -> str:
    """A fault of ours."""
    raise RuntimeError


class Reader(Visitor):
    """Somebody whose browser asks for a language."""

    def __init__(self, app: Flask, language: str) -> None:
        super().__init__(app, **{"Accept-Language": language})
        self.language = language

    def preview(self, slug: str, **typed: Any) -> TestResponse:
        """Fill in a campaign's form and ask for the letters, in that language."""
        return super().preview(slug, **{"language": self.language, **typed})


def homes(folder: Path) -> Path:
    """A home with a campaign of each kind."""
    home = write_ridings(folder)
    people = home / "officials.yaml"
    people.write_text(people.read_text(encoding="utf-8") + _MINISTERS, encoding="utf-8")
    (home / FOLDER).mkdir(parents=True)
    png(home / FOLDER / "desk.png")
    png(home / FOLDER / "logo.png", 120, 60)
    pictured = {"thumbnail": "desk.png", "thumbnail_alt": "A desk", "logo": "logo.png"}
    words = {"description": "About exams.", "goal": 50, "colour": "#7a1f3d"}
    write_coalition(home, embed=[MEMBER], **pictured, **words)
    write_campaign(home, "asking", confirm=True, choose="any", title=f"Long {LONG}"[:150])
    write_campaign(home, "text", editable="body")
    write_campaign(home, "early", opens="2099-01-01")
    write_campaign(home, "draft", status="draft")
    write_campaign(home, "over", status="closed")
    write_campaign(home, "trial", status="trial")
    write_campaign(home, "nobody", to=["gone"], fallback_message="Nobody holds this post today.")
    return home


_MINISTERS = """\
  - id: north
    name: Nora North
    honorific: {en: The Honourable, fr: L'honorable}
    salutation: {en: Minister North, fr: Madame la Ministre}
    title: {en: Minister of Exams, fr: ministre des Examens}
    email: north@ministry.example
    phone: "+1 555 010 0199"
    address: 1 Example Street, Exampletown
    tags: [exams]
  - {id: south, name: Sam South, email: south@ministry.example, salutation: Minister South}
  - {id: gone, name: Gone Example, email: gone@ministry.example, do_not_mail: true}
"""


def tour(app: Flask, store: Store, clock: Clock, language: str) -> Tour:
    """See every page in a language."""
    seen = Tour()
    seen.watch(app)
    visitor = Reader(app, language)
    for steps in (_before, _writing, _afterwards, _confirming, _parting, _around):
        for name, answer in steps(visitor, store, clock):
            assert answer.mimetype == "text/html", (name, answer.status)
            assert (answer.status_code == 404) == name.startswith("nothing"), (name, answer.status)
            assert (answer.status_code == 500) == (name == "a fault of ours"), (name, answer.status)
            assert not 300 <= answer.status_code < 400, (name, answer.status)
            assert name not in seen.pages, name
            seen.pages[name] = answer.text
    return seen


Steps = Iterator[tuple[str, TestResponse]]


def _before(visitor: Visitor, store: Store, clock: Clock) -> Steps:
    yield "the list of campaigns", visitor.get("/")
    yield "a campaign", visitor.get("/exams/?via=guild")
    for slug in ("asking", "text", "early", "over", "trial", "nobody", "exams/embed"):
        yield f"the campaign {slug}", visitor.get(f"/{slug}/" if "/" not in slug else f"/{slug}")
    with store.write() as tx:
        lanes.pause(tx, "campaign:text", reason="why", actor="staff:1", now=clock.now)
    for name, made in (("behind its link", clock.now), ("whose link is over", 0.0)):
        yield f"a draft {name}", visitor.get(links.link("", [KEY], "draft", now=made))
    yield "a campaign that is paused", visitor.get("/text/?via=paused")


def _writing(visitor: Visitor, store: Store, clock: Clock) -> Steps:
    yield "an empty form refused", visitor.preview("asking", name="", email="", personal="")
    yield "a long word refused", visitor.preview("exams", email=LONG, personal="x" * 30_000)
    yield "a form in another language", visitor.post("/exams/", {"name": LONG})
    yield "letters to check", visitor.preview("exams", email="ann@gmial.com", name=LONG[:90])
    yield "letters sent too often", _drowned(visitor, store, clock)
    yield "letters made anew", visitor.post("/exams/send", {**_typed(), "signature": "x"})
    yield "the letters' text", visitor.post("/text/text", _typed())
    yield "a text refused", visitor.post("/text/text", {**_typed(), "body": "x" * 30_000})
    yield "a closed campaign written to", visitor.preview("over")
    yield "a framed form refused", visitor.post("/exams/embed", {"name": "", "email": "x"})
    code = f"{beginning(5)} 1A1"
    yield "letters to one's own", visitor.preview("member", postal_code=code)
    yield "a district asked for", visitor.preview("member", postal_code="K0A 1A1")
    yield "a code that nobody knows", visitor.preview("member", postal_code="X9X 9X9")
    yield "a code refused", visitor.preview("member", postal_code="D")


def _drowned(visitor: Visitor, store: Store, clock: Clock) -> TestResponse:
    """What is sent while the machines have more to do than they can."""
    letters = fields(Page(visitor.preview("exams").text))
    part = share(EVERYTHING, "0" * 8)[1]
    full = {"every": part.every, "room": part.room, "full_at": clock.now + part.room}
    rows = [{"id": f"everything {number}", **full} for number in range(SHARES)]
    with store.write() as tx:
        tx.execute(insert(bucket), rows)
    answer = visitor.post("/exams/send", letters)
    with store.write() as tx:
        tx.execute(delete(bucket))
    return answer


def _typed() -> dict[str, str]:
    return {"language": "", "name": "Ann Example", "email": "ann@supporter.example"}


def _afterwards(visitor: Visitor, store: Store, clock: Clock) -> Steps:
    sent = visitor.send("exams", **{"consent-guild": "yes", "email": "bea@supporter.example"})
    receipt = sent.headers["Location"].partition("?")[0]
    yield "a receipt", visitor.get(receipt)
    yield "withdrawing", visitor.get(f"{receipt}/withdraw")
    yield "withdrawing nothing", visitor.post(f"{receipt}/withdraw", {})
    with store.read() as tx:
        one, other = tx.execute(select(letter.c.id).where(letter.c.kind == "letter")).scalars()
    for state, more in _STATES:
        with store.write() as tx:
            first = {"state": state, **more}
            tx.execute(update(letter).where(letter.c.id == one).values(**first))
        yield f"a receipt with a letter {state}", visitor.get(receipt)
    yield (
        "a copy asked for",
        visitor.client.post(f"{receipt}/copy", headers=visitor.headers, follow_redirects=True),
    )
    yield "a consent taken back", visitor.client.post(
        f"{receipt}/consent", data={"organisation": "guild"}, headers=visitor.headers,
        follow_redirects=True,
    )  # fmt: skip
    yield "did they answer?", visitor.get(f"{receipt}/answered")
    visitor.post(f"{receipt}/answered", {"answered": "yes"})
    yield "they answered", visitor.get(f"{receipt}/answered")
    with store.write() as tx:
        tx.execute(update(letter).where(letter.c.id == other).values(state="queued"))
    visitor.post(f"{receipt}/withdraw", {"letter": other})
    yield "withdrawn", visitor.get(f"{receipt}/withdraw")
    yield "erasing one", visitor.get(f"{receipt}/erase")
    visitor.post(f"{receipt}/erase", {})
    yield "one erased", visitor.get(receipt)


_STATES = (
    ("review", {"reason": "similar"}),
    ("claimed", {}),
    ("sent", {"sent_at": 1.8e9, "answer": "250 2.0.0 Ok: queued"}),
    ("failed", {"reason": "deadline", "attempts": 9, "possibly_twice": True}),
    ("uncertain", {"reason": ""}),
    ("bounced", {"answer": "550 5.1.1 No such user"}),
    ("complained", {}),
    ("delivered", {}),
)


def _confirming(visitor: Visitor, store: Store, clock: Clock) -> Steps:
    receipts = []
    for name in ("cleo", "dana"):
        mail = f"{name}@supporter.example"
        sent = visitor.send("asking", officials=["north", "south"], email=mail)
        receipts.append(sent.headers["Location"].partition("?")[0])
    yield "a receipt that waits", visitor.get(receipts[0])
    yield "a code refused on the receipt", visitor.post(f"{receipts[0]}/code", {"code": "x"})
    with store.read() as tx:
        first, second = tx.execute(select(confirmation.c.token)).scalars()
    yield "the link in the mail", visitor.get(f"/confirm/{first}")
    with store.read() as tx:
        mine = select(submission.c.id).where(submission.c.email == "cleo@supporter.example")
        chosen = tx.execute(mine).scalar_one()
    visitor.post(f"/confirm/{first}", {"submission": chosen})
    visitor.post(f"/confirm/{second}", {"submission": chosen})
    yield "a link used", visitor.get(f"/confirm/{first}")
    visitor.post(f"/confirm/{second}/not-me", {})
    yield "a link disowned", visitor.get(f"/confirm/{second}")
    mistyped = visitor.send("asking", officials=["north"], email="fay@suporter.example")
    receipt = mistyped.headers["Location"].partition("?")[0]
    token = receipt.rpartition("/")[2]
    visitor.send("asking", officials=["north"], email="fay@supporter.example", replaces=token)
    yield "a receipt of letters written again", visitor.get(receipt)


def _parting(visitor: Visitor, store: Store, clock: Clock) -> Steps:
    yield "finding one's letters", visitor.get("/find")
    yield "an address refused", visitor.post("/find", {"email": LONG})
    yield "letters looked for", visitor.get("/find/asked")
    link = erase_links.link("", [KEY], "0" * 40, clock.now)
    yield "erasing everything", visitor.get(link)
    with store.read() as tx:
        mailbox = tx.execute(select(submission.c.mailbox).order_by(submission.c.id)).scalars()
        latest = list(mailbox)[-1]
    yield "all that is kept", visitor.get(data_links.link("", [KEY], latest, clock.now))
    nobody = data_links.link("", [KEY], "0" * 40, clock.now)
    yield "no data to show", visitor.get(nobody)
    path = unsubscribing.link("", [KEY], "0" * 40)
    yield "no more mail?", visitor.get(path)
    yield "no more mail", visitor.client.post(path, headers=visitor.headers, follow_redirects=True)


def _around(visitor: Visitor, store: Store, clock: Clock) -> Steps:
    for path in ("/about/", "/about/exams", "/about/nothing", "/privacy"):
        yield path, visitor.get(path)
    for path in ("/nothing/", "/receipt/nothing", "/confirm/nothing", "/erase/nothing"):
        yield f"nothing at {path}", visitor.get(path)
    yield "a fault of ours", visitor.get("/fail")
    yield "another site's form", visitor.post("/exams/send", {}, Origin="https://evil.example")
    yield "a wrong method", visitor.client.put("/exams/", headers=visitor.headers)
    yield "too much", visitor.post("/exams/send", {"name": "x" * 2_100_000})


def broken(app: Flask, store: Store, language: str) -> dict[str, str]:
    """The pages for what goes wrong in the program itself."""
    visitor = Reader(app, language)
    rename = "ALTER TABLE consent RENAME TO agreed", "ALTER TABLE letter RENAME TO mail"
    with store.write() as tx:
        tx.execute(text(rename[0]))
    shown = visitor.send("exams", **{"consent-guild": "yes", "email": "eve@supporter.example"})
    with store.write() as tx:
        tx.execute(text(rename[1]))
    away = visitor.post("/exams/", _typed())
    assert (shown.status_code, away.status_code) == (503, 503)
    store.close()
    return {"letters that may not be stored": shown.text, "no database": away.text}
