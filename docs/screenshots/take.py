"""Takes the pictures of the docs, at a desk and on a phone, from a site of its own.

Run it with: make screenshots
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.processes.box import Box, eventually, new_home, write  # noqa: E402 - after the path

DESK = {"width": 1100, "height": 800}
PHONE = {"width": 390, "height": 844}
ANN = {
    "name": "Ann Example",
    "email": "ann@supporter.example",
    "postal_code": "K1A 0B1",
    "role": "student",
    "personal": "I sat my last exam in a kitchen, with two children at the table.",
}


def main() -> None:
    """Start a site, write to it, and take every picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is missing: apt install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        box = Box(new_home(Path(folder) / "home"))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            receipt = write(box.url, "proctoring", **ANN)
            outbox = box.home / "var" / "outbox" / "new"
            eventually(lambda: len(list(outbox.glob("*"))) == 2, "two letters")
            take_all(browser, box, receipt)
        finally:
            browser.close()
            box.stop()


def take_all(browser: Browser, box: Box, receipt: str) -> None:
    """Every picture, each named for what it shows."""
    desk, phone = browser.new_page(viewport=DESK), browser.new_page(viewport=PHONE)
    night = browser.new_page(viewport=PHONE, color_scheme="dark", reduced_motion="reduce")
    receipt = receipt.partition("?")[0]
    take(desk, f"{box.url}/proctoring/?lang=en", "campaign")
    take(phone, f"{box.url}/proctoring/?lang=fr", "campaign-phone-fr")
    take(night, f"{box.url}/proctoring/?lang=fr#write", "form-phone-dark-fr")
    take(phone, f"{receipt}?lang=en", "receipt-phone")
    take(desk, f"{receipt}?lang=fr", "receipt-fr")
    take(desk, f"{box.url}/outbox/", "outbox")
    take(desk, box.line("Staff"), "staff")
    fill(desk, f"{box.url}/proctoring/?lang=en")
    take(desk, "", "preview")
    fill(phone, f"{box.url}/proctoring/?lang=fr")
    take(phone, "", "preview-phone-fr")


def fill(page: Page, address: str) -> None:
    """Write a letter up to the preview."""
    page.goto(address)
    for name in ("name", "email", "personal"):
        page.fill(f"[name={name}]", ANN[name])
    page.click("form[action*=preview] button[type=submit], form[action*=preview] button.button")
    page.wait_for_url("**/preview*")


def take(page: Page, address: str, name: str) -> None:
    """One picture of what a reader sees first."""
    if address:
        page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    main()
