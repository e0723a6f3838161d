"""Pictures that campaigns name: found, measured, and told of when nobody would see them."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path

import pytest

from mailer.campaigns import pictures
from mailer.campaigns.library import Library
from mailer.campaigns.pictures import FOLDER
from tests.web_public.homes import write_campaign, write_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = write_home(tmp_path / "home")
    (folder / FOLDER).mkdir(parents=True)
    return folder


def png(file: Path, width: int = 1200, height: int = 630, more: int = 0) -> Path:
    """A real picture, made `more` bytes heavier by a comment."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + end

    rows = zlib.compress(b"".join(b"\0" + b"\0" * width for _ in range(height)), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"tEXt", b"x" * more), (b"IDAT", rows), (b"IEND", b"")]
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in parts))
    return file


def told(home: Path) -> list[str]:
    return [str(one) for one in pictures.check(Library(home).current(), home)]


def test_a_picture_is_measured(home: Path) -> None:
    png(home / FOLDER / "desk.png", 900, 400)
    found = pictures.find(home, "desk.png")
    assert found
    assert (found.name, found.width, found.height) == ("desk.png", 900, 400)
    assert pictures.find(home, "/media/desk.png") == found
    png(home / FOLDER / "desk.png", 901, 401, 10)  # changed while the pages run
    later = pictures.find(home, "desk.png")
    assert later
    assert (later.width, later.height) == (901, 401)


@pytest.mark.parametrize(
    "named",
    ["", "/", ".", "..", "../../officials.yaml", "/etc/passwd", "gone.png", "\0.png", "folder.png",
     "broken.png", "text.txt", "empty.svg", "x" * 300 + ".png"],
)  # fmt: skip
def test_what_is_no_picture_of_the_folder_is_none(home: Path, named: str) -> None:
    (home / FOLDER / "folder.png").mkdir()
    (home / FOLDER / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    (home / FOLDER / "text.txt").write_text("no picture")
    (home / FOLDER / "empty.svg").write_text("")
    assert pictures.find(home, named) is None


def test_nothing_is_said_of_good_pictures(home: Path) -> None:
    png(home / FOLDER / "desk.png")
    (home / FOLDER / "logo.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"/>'
    )
    write_campaign(
        home, "exams", thumbnail="desk.png", thumbnail_alt="A desk", logo="logo.svg", french=False
    )
    assert told(home) == []


def test_every_fault_is_told_with_its_place(home: Path) -> None:
    png(home / FOLDER / "desk.png", 600, 300, 200_000)
    write_campaign(home, "exams", thumbnail="desk.png", logo="lgoo.svg")
    (home / FOLDER / "logo.svg").write_text("<svg")
    file = "templates/letters/exams.md"
    assert told(home) == [
        f'{file}:7:13: note: "thumbnail": "desk.png" has 200 kB: a phone waits for it; save it'
        " smaller: 100 kB are plenty, as WebP or JPEG",
        f'{file}:7:13: note: "thumbnail": "desk.png" is 600 pixels wide, and looks coarse on the'
        " page; 1200 by 630 is best",
        f'{file}:7:13: note: "thumbnail": a thumbnail without words: screen readers pass it over;'
        ' say what it shows: thumbnail_alt = "..."; leave it so where it only decorates',
        f'{file}:8:8: warning: "logo": templates/media/ has no file "lgoo.svg"; did you mean'
        " logo.svg?",
    ]


def test_other_hosts_and_other_files_are_told(home: Path) -> None:
    shutil.copy(home / "officials.yaml", home / FOLDER / "logo.txt")
    write_campaign(home, "exams", thumbnail="https://host.example/a.png", logo="logo.txt")
    first, second = told(home)
    assert "is on another host: our pages show only files of templates/media/" in first
    assert '"logo.txt" is no picture that browsers show; save it as one of: avif, gif' in second
