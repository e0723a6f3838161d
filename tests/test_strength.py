"""Which keys somebody could guess, and which nobody can."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from mailer.config import Settings, strength
from mailer.errors import SettingsError

ROOT = Path(__file__).parents[1]


def url_safe(length: int) -> Callable[[random.Random], str]:
    return lambda source: base64.urlsafe_b64encode(source.randbytes(length)).decode().rstrip("=")


def in_base64(length: int) -> Callable[[random.Random], str]:
    return lambda source: base64.b64encode(source.randbytes(length)).decode()


def hexadecimal(length: int) -> Callable[[random.Random], str]:
    return lambda source: source.randbytes(length).hex()


def a_uuid(source: random.Random) -> str:
    return str(uuid.UUID(bytes=source.randbytes(16), version=4))


@pytest.mark.parametrize(
    ("make", "shortest"),
    [
        (url_safe(48), 32), (hexadecimal(16), 32), (hexadecimal(20), 32), (hexadecimal(32), 32),
        (in_base64(24), 32), (in_base64(32), 32), (a_uuid, 32), (hexadecimal(8), 16),
        (url_safe(12), 16),
    ],
)  # fmt: skip
def test_random_keys_pass(make: Callable[[random.Random], str], shortest: int) -> None:
    """The same ones in every run; of fresh ones many more were tried when the limit was chosen."""
    source = random.Random(7)
    keys = [make(source) for _ in range(60)]
    assert not [key for key in keys if strength.weakness(key, shortest)]


@pytest.mark.parametrize(
    "key",
    [
        "mysuperlongkeythatisjustwordswritten", "thisisthekeythatnobodyshouldeverknow",
        "MySuperLongKeyThatIsJustWordsWritten", "our-campaign-against-proctoring-key-2026",
        "Mailer2026CoalitionLettersToOfficials!", "lettres-aux-elus-de-la-coalition-quebecoise",
        "20240101-letters-campaign-production", "mon super mot de passe tres long pour le site",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9", "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
        "MontrealTorontoVancouverOttawa1234",
    ],
)  # fmt: skip
def test_words_are_weak_however_long_outside_development(home: Path, key: str) -> None:
    env = {
        "MAILER_HOME": str(home), "MAILER_SECRET_KEY": key, "MAILER_FROM": "a@coalition.example",
    }  # fmt: skip
    with pytest.raises(SettingsError, match="MAILER_SECRET_KEY is too weak: it is") as refused:
        Settings.from_env(env | {"MAILER_BASE_URL": "https://letters.example"})
    assert key not in str(refused.value)
    assert Settings.from_env(env).secret_keys == (key,)


@pytest.mark.parametrize("length", [16, 20_001])
def test_odd_and_long_keys_are_judged(length: int) -> None:
    odd = "".join(chr(0x1F300 + index * 7919 % 600) for index in range(length))
    assert isinstance(strength.weakness(odd, 16), str)
    assert strength.weakness(url_safe(15_001)(random.Random(7))) == ""


def test_only_what_judges_a_key_reads_the_lists_of_words() -> None:
    """A start in development, and a command that only tells something, do not wait for them."""
    code = (
        "import sys, mailer.cli, mailer.worker, mailer.web\n"
        "from mailer.config import Settings\n"
        "env = {'MAILER_SECRET_KEY': 'J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe', 'MAILER_FROM': 'a@b.ca'}\n"
        "assert Settings.from_env(env)\n"
        "assert 'zxcvbn' not in sys.modules\n"
        "assert Settings.from_env(env | {'MAILER_BASE_URL': 'https://letters.example'})\n"
        "assert 'zxcvbn' in sys.modules\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
