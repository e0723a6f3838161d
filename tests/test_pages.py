"""Where pages lie, and that they are compiled once."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from mailer.pages import Compiled, packaged_templates, template_folders


def environment(folder: Path, kept: Compiled) -> Environment:
    return Environment(loader=FileSystemLoader(folder), bytecode_cache=kept, autoescape=True)


def test_a_home_s_own_templates_come_first(tmp_path: Path) -> None:
    assert template_folders(tmp_path) == [packaged_templates()]
    (tmp_path / "templates").mkdir()
    assert template_folders(tmp_path) == [tmp_path / "templates", packaged_templates()]


def test_what_was_compiled_serves_the_next_environment_too(tmp_path: Path) -> None:
    kept, page = Compiled(), tmp_path / "page.html"
    page.write_text("one {{ name }}")
    first = environment(tmp_path, kept).get_template("page.html")
    second = environment(tmp_path, kept).get_template("page.html")
    assert second.root_render_func.__code__ is first.root_render_func.__code__
    assert second.render(name="<b>") == "one &lt;b&gt;"


def test_what_was_changed_is_compiled_anew(tmp_path: Path) -> None:
    kept, page = Compiled(), tmp_path / "page.html"
    for text in ("one", "two", "one"):
        page.write_text(text)
        assert environment(tmp_path, kept).get_template("page.html").render() == text
