"""The story on a campaign's page: Markdown made into HTML that can hold nothing dangerous."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

_SCHEMES = frozenset({"http", "https", "mailto"})
_OWN_IMAGES = "/media/"


def html(markdown: str) -> Markup:
    """CommonMark as HTML: no raw HTML, links to http, https and mailto, images from /media/ only.

    Headings begin one level lower, since the page has its own first heading.
    """
    tokens = _MARKDOWN.parse(markdown)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1:]) + 1)}"
    rendered = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Markup(rendered)  # noqa: S704 - the parser escapes whatever was typed


def _is_allowed(link: str) -> bool:
    try:
        scheme = urlsplit(link.strip()).scheme.lower()
    except ValueError:
        return False
    return scheme in _SCHEMES or link.startswith(_OWN_IMAGES)


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    """An image of our own; of any other only its words, since a visitor asks no other host."""
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children, options, env)
    source = str(token.attrGet("src") or "")
    if not source.startswith(_OWN_IMAGES):
        return str(escape(words))
    return str(Markup('<img src="{}" alt="{}" loading="lazy">').format(source, words))


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name markdown-it asks for
        return _is_allowed(url)


_MARKDOWN = _Markdown("commonmark", {"html": False})
_MARKDOWN.add_render_rule("image", _image)
