"""Slips in what organizers write: left-over marks, other programs' placeholders, shouting."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.campaigns.versions import Page
from mailer.records import oddities
from mailer.records.findings import Findings, quoted
from mailer.records.tree import Item, Table

_FILLED = frozenset({"subjects", "salutation"})
_FREE = frozenset({"status", "to", "except", "timezone", "hours", "colour", "contact", "embed"})
_FILL = "write {{ official.name }}, {{ supporter.name }} ... with two braces"
_CODE = re.compile(r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}|\{#.{0,2000}?#\}", re.DOTALL)
_BRACES = re.compile(
    r"%s\b|(?<![\w$])\$[a-z]\w+|(?<!\{)\{\s*(?:if|elif|else|endif|for|endfor)\b"
    r"|(?<!\{)\{\s*(?:official|supporter|campaign)\b[\w. ]*\}?"
    r"|\}\}|%\}|[$#]\{|\{[^{}\n]{0,40}\}|\}"
    r"|\b(?:official|supporter|campaign)\.(?:id|name|last_name|honorific|salutation|title|region"
    r"|district|portfolios|tags|language|personal|role|affiliation|postal_code|address|url)\b"
)
_PLACEHOLDER = re.compile(
    r"<<[^<>\n]{1,40}>>|%[A-Z][A-Z_]{2,}%|\*\|[A-Z_]+\|\*|\b(?:TODO|FIXME)\b|à compléter"
    r"|<(?!(?:a|b|br|div|em|i|p|span|strong)\b)[a-z][\w ]{0,30}>|\bXXX+\b|lorem ipsum"
    r"|##[a-z_]{3,20}##|«(?:name|nom|prénom|first_?name|last_?name|title|titre|address|adresse"
    r"|district|circonscription|city|ville|date)»"
    r"|_{5,}|\((?:your|votre) [^()\n]{1,20}\)"
    r"|\[(?:[^\]\n]{0,30}\b)?(?:names?|nom|insert|ins[ée]rer?|your|votre|minister|ministre|title"
    r"|address|adresse|official|supporter)\b[^\]\n]{0,30}\]",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(
    r"(?<!\w)__\w[^_\n]{0,300}__|`[^`\n]{1,300}`|\*\*\S[^*\n]{0,300}\*\*|\[[^\]\n]{1,300}\]\([^)\s]"
    r"{1,300}\)|^#{1,6} \S|~~\S[^~\n]{0,300}~~|^> \S"
)
_NO_LINK = re.compile(
    r"(?<![\w/.@-])www\.[\w-]+\.[\w.-]+|https?:/(?!/)\S*|https?//\S*"
    r"|\b(?!https?:|mailto:)[a-z]{2,8}://\S*"
)
_HOST = re.compile(r"https?://([^\s/?#<>()\"']*)", re.IGNORECASE)
_NAME = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}\.?(?::\d{1,5})?")
_SHORT = frozenset(
    {"bit.ly", "buff.ly", "goo.gl", "is.gd", "ow.ly", "rb.gy", "t.co", "tiny.cc", "tinyurl.com"}
)
_LOUD = re.compile(r"!{2,}|\?{3,}|(?:\?!|!\?){1,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SHOUTED = 5
"""Words in capitals, one after the other, that no abbreviation explains."""


def check(page: Page) -> None:
    """Warn of slips in the front matter and in the letter, each at its place."""
    oddities.tell([page.root], page.findings, but=_FREE | _FILLED)
    for name, item in _texts(page.root, ""):
        if name in _FILLED:
            _tell_line(item.value, item.line, item.column, page.findings, f'"{name}": ')
        elif name == "title" and _is_shouted(str(item.value)):
            message = '"title": words in capitals sound like shouting'
            page.findings.warning(item.line, item.column, message, "write it in small letters")
        elif name not in _FREE and ("{{" in str(item.value) or "{%" in str(item.value)):
            message = f'"{name}": {{{{ }}}} is not filled in here, and stays as it is'
            hint = "only the letter, subjects and the salutation are filled in"
            page.findings.warning(item.line, item.column, message, hint)
    code = _blank(page.post.letter)
    for number, line in enumerate(code.split("\n"), start=page.post.letter_line):
        _tell_line(line, number, 1, page.findings, "")
        _tell_markdown(line, number, page.findings)


def _tell_line(text: object, line: int, column: int, findings: Findings, what: str) -> None:
    for at, message, hint in _slips(_blank(str(text))):
        findings.warning(line, column + at, what + message, hint)


def _slips(text: str) -> Iterator[tuple[int, str, str]]:
    """Where, what, and what to do, of one line whose code is blanked out."""
    broken = "{{" in text or "{%" in text  # told by whoever reads the code
    if not broken and (braces := _BRACES.search(text)):
        yield braces.start(), f"{quoted(braces[0])} stays as it is in the letter", _FILL
    elif holder := _PLACEHOLDER.search(text):
        yield holder.start(), f"{quoted(holder[0])} was left over, and would be sent", _FILL
    if link := _NO_LINK.search(text):
        yield link.start(), f"{quoted(link[0])} is no link", "write https:// before the name"
    for link in _HOST.finditer(text):
        yield from _judge_link(link)
    if loud := _LOUD.search(text):
        hint = "one sign is enough, and spam filters count them"
        yield loud.start(), f"{quoted(loud[0])} sounds like shouting", hint
    if (at := _shouting(text)) is not None:
        yield at, "words in capitals sound like shouting", "write them as other words"
    if odd := oddities.in_text(text):
        yield odd[2], odd[0], odd[1]


def _judge_link(link: re.Match[str]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with where a link leads."""
    host = link[1].rstrip(".,;:!").casefold()
    if not _NAME.fullmatch(host):
        yield link.start(), f"{quoted(link[0])} leads nowhere", "write it as https://example.org"
    elif host.removeprefix("www.") in _SHORT:
        hint = "write the address that it leads to: spam filters refuse what they cannot see"
        yield link.start(), f"{quoted(link[0])} hides where it leads", hint


def _tell_markdown(line: str, number: int, findings: Findings) -> None:
    found = _MARKDOWN.search(line)
    if found:
        message = f"{quoted(found[0])} is Markdown: the letter is plain text and shows its signs"
        hint = "write the words alone; only the page above *** is Markdown"
        findings.warning(number, found.start() + 1, message, hint)


def _is_shouted(title: str) -> bool:
    return title.isupper() and len(_WORD.findall(title)) > 1


def _shouting(text: str) -> int | None:
    """Where the first long run of words in capitals begins."""
    run: list[int] = []
    for word in _WORD.finditer(text):
        run = [*run, word.start()] if word[0].isupper() else []
        if len(run) >= _SHOUTED:
            return run[0]
    return None


def _blank(text: str) -> str:
    """The text with spaces where its code stands, so that places stay what they are."""
    return _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)


def _texts(item: Item, name: str) -> Iterator[tuple[str, Item]]:
    if isinstance(item.value, Table):
        for key, entry in item.value.items():
            yield from _texts(entry.item, key)
    elif isinstance(item.value, tuple):
        for one in item.value:
            yield from _texts(one, name)
    elif isinstance(item.value, str):
        yield name, item
