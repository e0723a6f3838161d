"""The form in a frame, in a real browser: who may show it, how it grows, where it leads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from mailer import accounts
from mailer.config import Settings
from mailer.db.schema import consent, submission
from tests.browser.conftest import Quiet, Site
from tests.browser.test_journey import fill, press
from tests.transports.servers import certificate

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@contextmanager
def member_site(keys: tuple[str, str], shown: list[str]) -> Iterator[str]:
    """A member's own site, with the page that `shown` holds; its origin."""

    @Request.application
    def page(_: Request) -> Response:
        return Response(f"<!doctype html><title>Member</title>{shown[0]}", mimetype="text/html")

    server = make_server(
        "127.0.0.1", 0, page, threaded=True, ssl_context=keys, request_handler=Quiet
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://localhost:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def allow(site: Site, origin: str) -> None:
    """Let a site show the shipped campaign's form."""
    file = site.home / "templates" / "letters" / "proctoring.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\ngoal =", f'\nembed = ["{origin}"]\ngoal ='), encoding="utf-8")


def snippet(site: Site, page: Page) -> str:
    """What staff copy for OPSEU; its addresses are those of the pages that are being served."""
    page.goto(f"{site.url}/staff/enter/{accounts.local_admin(site.store)}")
    page.goto(f"{site.url}/staff/coalition/")
    text = page.locator("textarea").first.input_value()
    assert "via=opseu" in text
    return text.replace(Settings(home=site.home).public_url, site.url)


def test_a_member_shows_the_form_and_what_it_leads_to_opens_on_top(
    site: Site, open_page: Open, tmp_path: Path
) -> None:
    keys, shown = certificate(tmp_path), ["nothing yet"]
    with member_site(keys, shown) as member:
        allow(site, member)
        shown[0] = snippet(site, open_page())
        page = open_page(390, ignore_https_errors=True)
        page.goto(member)
        inside, frame = page.frame_locator("iframe"), page.locator("iframe")
        height = "document.querySelector('iframe').getAttribute('height')"
        page.wait_for_function(f"{height} !== '1600'")
        told = int(page.evaluate(height))
        (framed,) = [one for one in page.frames if one is not page.main_frame]
        assert framed.evaluate("document.body.offsetHeight") == told
        assert framed.evaluate("document.documentElement.scrollHeight") <= told
        assert framed.evaluate("document.documentElement.scrollWidth") <= 390
        assert not Axe().run(framed).response["violations"]

        inside.locator("details.more summary").last.click()  # it grows with what is unfolded
        page.wait_for_function(f"{height} > {told}")
        inside.get_by_role(
            "checkbox", name=re.compile("^Ontario Public S.* may have my name")
        ).check()
        inside.locator("[name=name]").fill("Zoë Example")
        inside.get_by_role("button", name="Français").click()
        expect(inside.locator("html")).to_have_attribute("lang", "fr")
        expect(inside.locator("[name=name]")).to_have_value("Zoë Example")
        expect(inside.locator("[name=consent-opseu]")).to_be_checked()
        assert page.url == f"{member}/", "that was inside the frame"

        fill(framed, "Zoë Example")
        inside.get_by_role("button", name="Vérifiez vos lettres").click()
        page.wait_for_url(f"{site.url}/proctoring/preview?lang=fr")
        expect(page.locator(".agreed li")).to_have_count(1)
        press(page, "Envoyer mes lettres")
        assert page.url.startswith(f"{site.url}/receipt/")
        assert page.context.cookies() == []
        assert frame.count() == 0
    with site.store.read() as tx:
        assert tx.execute(select(submission.c.via)).scalars().all() == ["opseu"]
        assert tx.execute(select(consent.c.organisation)).scalars().all() == ["opseu"]
    assert [fault for fault in site.faults if "postMessage" in fault or "Security" in fault] == []


def test_without_scripts_the_frame_works_and_a_link_leads_on(
    site: Site, open_page: Open, tmp_path: Path
) -> None:
    keys, shown = certificate(tmp_path), ["nothing yet"]
    with member_site(keys, shown) as member:
        allow(site, member)
        shown[0] = snippet(site, open_page())
        page = open_page(ignore_https_errors=True, scripts=False)
        page.goto(member)
        inside = page.frame_locator("iframe")
        inside.locator("[name=name]").fill("Ann Example")
        inside.locator("#write .button").click()
        page.wait_for_url(f"{site.url}/proctoring/preview")
        expect(page).to_have_title(re.compile("^Error: "))
        expect(page.locator("[name=name]")).to_have_value("Ann Example")
        page.goto(member)
        page.locator("p > a").press("Enter")
        page.wait_for_url(f"{site.url}/proctoring/?via=opseu")


def test_nobody_else_shows_it(site: Site, open_page: Open, tmp_path: Path) -> None:
    keys, shown = certificate(tmp_path), ["nothing yet"]
    with member_site(keys, shown) as member, member_site(keys, shown) as other:
        allow(site, member)
        shown[0] = snippet(site, open_page())
        page = open_page(ignore_https_errors=True)
        with page.expect_console_message(_refused):
            page.goto(other)
        (framed,) = [one for one in page.frames if one is not page.main_frame]
        assert framed.locator("form").count() == 0
        shown[0] = f'<iframe src="{site.url}/proctoring/"></iframe>'
        with page.expect_console_message(_refused):
            page.goto(member)
        (framed,) = [one for one in page.frames if one is not page.main_frame]
        assert framed.locator("form").count() == 0, "the campaign's page itself stays alone"


def _refused(said: ConsoleMessage) -> bool:
    """True for what the browser says of a frame that it does not fill."""
    return "frame-ancestors" in said.text
