"""Secrets: a recognisable one in every setting that holds any, and nobody ever sees it again."""

from __future__ import annotations

import base64
import io
import logging
import os
import re
import secrets as random
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mailer import config, logs, transports
from mailer.cli import main
from mailer.cli.base import PlainGroup
from mailer.config import Settings, secrets, wrong
from mailer.errors import SendError, SettingsError
from mailer.web import create_app
from tests.processes.box import free_port
from tests.providers.ways import parcel

EC_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{}=="
NOBODY = "127.0.0.1:1"  # nothing answers there


def canary(name: str) -> str:
    """What stands for the secret of a setting: 44 characters that are found nowhere else."""
    mark = "".join(re.findall("[A-Z]", name))[:12]
    return base64.b64encode(f"{mark:<12}q9Zx7Kw3Vt8Lm2Rj5N".encode()[:32].ljust(32, b"y")).decode()


def planted(home: Path, database: str = "") -> dict[str, str]:
    """An environment whose every secret setting has its own recognisable value."""
    key = {name: canary(name) for name in secrets.SECRET}
    shape = {
        "DATABASE_URL": f"postgresql://mailer:{{}}@{NOBODY}/mailer?connect_timeout=2",
        "TRANSPORT": f"smtp://user:{{}}@{NOBODY}?tls=none",
        "ALERT_URL": f"https://{NOBODY}/hooks/{{}}",
        "BOUNCES": f"imaps://user:{{}}@{NOBODY}/INBOX",
        "HOOK_RESEND": "whsec_{}",
    }
    env = {f"MAILER_{name}": shape.get(name, "{}").format(key[name]) for name in secrets.SECRET}
    for name in ("TRANSPORT", "BOUNCES", "DATABASE_URL", "ALERT_URL"):
        env[f"MAILER_{name}"] = env[f"MAILER_{name}"].replace("=@", "%3D@")
    filler = (key["HOOK_SENDGRID"][:-1] * 2)[:86]
    env["MAILER_HOOK_SENDGRID"] = EC_KEY.format(filler)
    more = {
        "MAILER_HOME": str(home), "MAILER_DKIM_SELECTOR": "mail1", "PORT": str(free_port()),
        "MAILER_FROM": "letters@campaign.example", "MAILER_BASE_URL": "https://letters.example",
        "MAILER_ALERT_TO": "staff@campaign.example",
    }  # fmt: skip
    return env | more | ({"MAILER_DATABASE_URL": database} if database else {})


def marks() -> list[str]:
    return [canary(name).rstrip("=")[:40] for name in secrets.SECRET]


def assert_unseen(text: str, where: str = "") -> None:
    """None of the secrets stands in a text: as it is, backwards decoded, or in base64."""
    plain = text + "".join(_decoded(word) for word in re.findall(r"[A-Za-z0-9+/=]{24,}", text))
    for one in marks():
        assert one not in plain, f"{where}: {plain[:2000]}"
        assert one[8:24] not in plain, f"{where}: a part of it: {plain[:2000]}"


def _decoded(word: str) -> str:
    try:
        return base64.b64decode(word + "=" * (-len(word) % 4)).decode("latin-1")
    except ValueError:
        return ""


def test_the_marks_are_told_apart_and_would_be_seen() -> None:
    assert len(set(marks())) == len(secrets.SECRET)
    for one in secrets.SECRET:
        for shown in (canary(one), base64.b64encode(canary(one).encode()).decode()):
            with pytest.raises(AssertionError):
                assert_unseen(f"the answer was {shown}.")


def test_every_setting_that_holds_a_secret_is_named_so_and_does_not_show(home: Path) -> None:
    env = planted(home)
    settings = Settings.from_env(env)
    assert_unseen(repr(settings))
    assert_unseen(str(settings))
    hidden = {one.name for one in fields(Settings) if not one.repr}
    holding = {
        one.name for one in fields(Settings)
        if any(mark[:30] in repr(getattr(settings, one.name)) for mark in marks())
    }  # fmt: skip
    assert holding == hidden, "each of these, and no other, is kept out of reprs"
    held = "".join(repr(getattr(settings, name)) for name in hidden)
    for name in secrets.SECRET:
        assert canary(name)[:30] in held, f"MAILER_{name} is read"
    for name in secrets.SECRET:
        assert any(canary(name).rstrip("=")[:30] in one for one in secrets.known(env))


@pytest.mark.parametrize("name", secrets.SECRET)
def test_a_secret_comes_from_a_file_or_a_credential_too(
    home: Path, tmp_path: Path, name: str
) -> None:
    env = planted(home)
    text = env.pop(f"MAILER_{name}")
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / f"MAILER_{name}").write_text(f"{text}\n", encoding="utf-8")
    expected = Settings.from_env(env | {f"MAILER_{name}": text})
    named = env | {f"MAILER_{name}_FILE": str(folder / f"MAILER_{name}")}
    given = env | {"CREDENTIALS_DIRECTORY": str(folder)}
    assert Settings.from_env(named) == Settings.from_env(given) == expected
    assert secrets.known(named) == secrets.known(given) == secrets.known(planted(home))


def test_a_credential_with_a_misspelt_name_stops_the_start(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "MAILER_SECRT_KEY").write_text("x", encoding="utf-8")
    env = planted(home) | {"CREDENTIALS_DIRECTORY": str(folder)}
    with pytest.raises(SettingsError, match="did you mean MAILER_SECRET_KEY"):
        Settings.from_env(env)
    assert Settings.from_env(planted(home) | {"CREDENTIALS_DIRECTORY": str(tmp_path / "none")})


def broken(text: str) -> Iterator[str]:
    """What people make of a value by mistake."""
    yield text[:-3] + "\x00" + text[-3:]
    yield text.replace("://", ":/")
    yield text.replace("@", "@@").replace(":1", ":port")
    yield f"{text} {text}"
    yield text.swapcase()
    yield "\u202e" + text
    yield text[:20]
    yield text.partition("://")[2] or text[5:]
    yield re.sub(r"^.*?:(?=[^/])", "", text)


READ_LATER: Mapping[str, Callable[[Settings], object]] = {
    "TRANSPORT": lambda settings: transports.from_urls(settings.transports, settings.home),
    "DKIM_KEY": transports.signer,
}


@pytest.mark.parametrize("name", secrets.SECRET)
def test_no_error_about_a_setting_repeats_it(home: Path, tmp_path: Path, name: str) -> None:
    """Also where the secret was written in the place of the file that holds it."""
    good = planted(home)
    text = good.pop(f"MAILER_{name}")
    file = tmp_path / "file"
    for odd in (*broken(text), "x" * 20_001 + text):
        for env in (
            good | {f"MAILER_{name}": odd.replace("\x00", "")},
            good | {f"MAILER_{name}_FILE": odd},
            good | {f"MAILER_{name}_FILE": odd, f"MAILER_{name}": odd},
            good | {f"MAILER_{name}_FILE": str(file)},
        ):
            file.write_text(odd, encoding="utf-8")
            found, settings = wrong.everything(env)
            said = " ".join(map(str, found))
            if settings and name in READ_LATER:
                try:
                    READ_LATER[name](settings)
                except SettingsError as error:
                    said += str(error)
            assert_unseen(said, name)
            assert text[:20] not in said
            assert len(said) < 1000


ARGUMENTS: Mapping[str, str] = {
    "backup": "{tmp}/backup", "bounce": "", "campaign close": "proctoring --yes",
    "campaign diff": "proctoring", "campaign go-live": "proctoring --yes",
    "campaign link": "proctoring", "campaign pause": "proctoring --reason x --yes",
    "campaign readdress": "proctoring --yes", "campaign reopen": "proctoring",
    "campaign resume": "proctoring", "data": "ann@supporter.example",
    "db copy": "sqlite:////{tmp}/a.db sqlite:////{tmp}/b.db", "forget": "ann@supporter.example",
    "invalidate": "proctoring --held-for names --yes", "new backup-key": "{tmp}/key",
    "lane pause": "people --reason x",
    "lane resume": "people", "log pack": "proctoring --to {tmp}/pack", "log show": "nothing",
    "new campaign": "quiet", "new official": "--name Ann --email ann@office.example",
    "officials import": "{tmp}/none.csv", "preview": "proctoring",
    "proof record": "AAAAA-AAAAA", "proof verify": "{tmp}/record.json",
    "restore": "{tmp}/none --yes", "send-test": "proctoring --to me@campaign.example",
    "simulate": "proctoring --supporters 10 --hours 1", "staff disable": "kim@coalition.example",
    "staff invite": "kim@coalition.example --role viewer --mail",
    "staff remove-factor": "kim@coalition.example", "staff role": "kim@coalition.example viewer",
    "staff sign-out": "kim@coalition.example",
}  # fmt: skip
"""What a command is best given; whatever else is required of others is made up."""

LASTING = frozenset({"up", "web", "worker"})
"""These would run on, and take hold of their process's signals: they are run as processes."""


def commands(group: click.Command = main, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if isinstance(group, click.Group):
        for name, one in sorted(group.commands.items()):
            yield from commands(one, f"{path} {name}".strip())
    else:
        yield path, group


def made_up(needed: click.Parameter) -> str:
    """Something for a required parameter that no line of the table knows."""
    if not needed.required:
        return ""
    kind = needed.type
    value = kind.choices[0] if isinstance(kind, click.Choice) else "1"
    return f"{needed.opts[0]} {value}" if isinstance(needed, click.Option) else str(value)


@pytest.mark.parametrize("database", ["unreachable", "sqlite"])
def test_no_command_shows_a_secret_whatever_fails(
    home: Path, tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = "" if database == "unreachable" else str(request.getfixturevalue("new_sqlite")())
    env = planted(home, url)
    (tmp_path / "record.json").write_text("{}", encoding="utf-8")
    (tmp_path / "none.csv").write_text("Name,Email\nAnn,ann@x.example\n", encoding="utf-8")
    ran = 0
    for name, command in commands():
        if name in LASTING:
            continue
        given = ARGUMENTS.get(name) or " ".join(made_up(one) for one in command.params)
        words = [*name.split(), *given.format(tmp=tmp_path).split()]
        prints_json = url and any(one.name == "as_json" for one in command.params)
        for more in ([], ["--json"]) if prints_json else ([],):
            ended = CliRunner().invoke(main, [*words, *more], env=env, input="y\n")
            assert_unseen(ended.output + ended.stderr + repr(ended.exception), name)
            assert "Traceback" not in ended.output, ended.output
            ran += 1
    assert ran > 50


@pytest.mark.parametrize("name", sorted(LASTING))
def test_no_program_that_cannot_start_shows_a_secret(home: Path, name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mailer", name], env={**os.environ, **planted(home, "")},
        capture_output=True, text=True, timeout=120, check=False, cwd=home,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert_unseen(ended.stdout + ended.stderr, name)
    assert "Traceback" not in ended.stderr


def test_a_crash_is_told_whole_without_a_secret(home: Path) -> None:
    env = planted(home)

    @click.group(cls=PlainGroup)
    def group() -> None:
        """A program with a fault."""

    @group.command()
    def crash() -> None:
        """Raise what quotes all there is."""
        settings = config.Settings.from_env()
        try:
            int(settings.transports[0])
        except ValueError as error:
            everything = [getattr(settings, one.name) for one in fields(settings)]
            raise RuntimeError(f"{everything} {secrets.known()}") from error

    ended = CliRunner().invoke(group, ["crash"], env=env)
    assert ended.exit_code == 1
    assert "Traceback" in ended.stderr
    assert "RuntimeError" in ended.stderr
    assert "in crash" in ended.stderr
    assert "(secret)" in ended.stderr
    assert_unseen(ended.output + ended.stderr)


@pytest.mark.parametrize("form", ["plain", "json"])
def test_no_line_of_a_log_holds_a_secret(home: Path, form: str) -> None:
    root, stream, env = logging.getLogger(), io.StringIO(), planted(home)
    before, level = root.handlers[:], root.level
    try:
        logs.set_up(form, "worker", "INFO", stream, hidden=secrets.known(env))
        for name in secrets.SECRET:
            logging.getLogger("x").error("%s refused %s", name, env[f"MAILER_{name}"])
            quoted = env[f"MAILER_{name}"] if name == "HOOK_SENDGRID" else canary(name)
            try:
                raise ValueError(quoted)
            except ValueError:
                logging.getLogger("x").exception("it broke on %s", [quoted])
        logging.getLogger("x").warning("100 % of it")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    said = stream.getvalue()
    assert said.count("(secret)") >= 2 * len(secrets.SECRET)
    assert "100 % of it" in said
    assert_unseen(said)


def test_no_page_shows_a_secret(home: Path, new_sqlite: Callable[[], str]) -> None:
    settings = Settings.from_env(planted(home, new_sqlite()))
    app = create_app(settings)

    @app.get("/crash")
    def crash() -> str:
        raise RuntimeError(f"{settings.transports} {settings.secret_keys}")

    client, own = app.test_client(), {"Authorization": f"Bearer {settings.metrics_token}"}
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter("plain", "web"))
    app.logger.addHandler(handler)
    for path in ("/", "/privacy", "/proctoring/", "/healthz", "/readyz", "/metrics", "/nowhere",
                 "/staff/sign-in", "/.well-known/proof-keys.json", "/crash"):  # fmt: skip
        for headers in ({}, own):
            answer = client.get(path, headers=headers)
            assert_unseen(answer.text + str(answer.headers), path)
    assert client.get("/crash").status_code == 500
    for provider in secrets.HOOKS:
        refused = client.post(
            f"/hooks/{provider}", data=b"{}", headers={"Authorization": "Basic x"}
        )
        assert_unseen(refused.text, provider)
    assert "in crash" in stream.getvalue()
    assert_unseen(stream.getvalue())
    app.extensions["mailer"].store.close()


class _Echo(BaseHTTPRequestHandler):
    """An e-mail API that refuses every key, and quotes all it was shown."""

    status = 401

    def do_POST(self) -> None:
        """Refuse."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        shown = " ".join(f"{name}: {value}" for name, value in self.headers.items())
        for word in shown.split():
            shown += _decoded(word).replace("\x00", " ")
        quoted = "".join(c if c.isprintable() and c not in '"\\' else " " for c in shown)
        body = "".join(
            f'"{name}": "no such key: {quoted}", '
            for name in ("Message", "message", "error", "detail", "name", "code", "__type")
        )
        data = f'{{{body}"errors": [{{"message": "{quoted}"}}], "ErrorCode": 10}}'.encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[index]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Echo)) as port:
        yield port


WAYS = ("postmark://{}", "mailgun://{}@mg.campaign.example", "sendgrid://{}", "ses://AK{0}:{0}@ca-central-1",
        "resend://{}", "brevo://{}")  # fmt: skip


@pytest.mark.parametrize("url", WAYS)
def test_what_a_provider_quotes_of_a_refused_key_goes_no_further(
    home: Path, echo: int, url: str
) -> None:
    key = canary("TRANSPORT").rstrip("=")
    way = transports.from_url(f"{url.format(key)}?api=http://127.0.0.1:{echo}", home)
    connection = way.connect()
    try:
        connection.stage(parcel())
        with pytest.raises(SendError) as refused:
            connection.commit()
        with pytest.raises(SendError) as looked:
            way.probe()
    finally:
        connection.close()
    for error in (refused, looked):
        assert error.value.account, "somebody has to act"
        assert_unseen(f"{error.value} {error.value!r} {error.value.reason}", url)
        assert key not in str(error.value)


class _Refusing(socketserver.StreamRequestHandler):
    """A mail server that refuses every password, and says which."""

    ways = "PLAIN"

    def handle(self) -> None:
        """Talk until the client leaves."""
        self._say("220 relay.example")
        for line in self.rfile:
            word = line.decode().strip()
            if word.startswith("EHLO"):
                self._say(f"250-relay.example\r\n250 AUTH {self.ways}")
            elif word == "AUTH LOGIN" or (self.ways == "LOGIN" and word == "dXNlcg=="):
                self._say("334 UGFzc3dvcmQ6")
            elif word == "QUIT":
                self._say("221 bye")
            else:
                decoded = _decoded(word.split()[-1]).replace("\x00", "\x01")
                self._say(f"535-5.7.8 wrong: {word}\r\n535 5.7.8 {decoded}")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Login(_Refusing):
    ways = "LOGIN"


@pytest.mark.parametrize("kind", [_Refusing, _Login])
def test_what_a_mail_server_quotes_of_a_refused_password_goes_no_further(
    home: Path, kind: type[_Refusing]
) -> None:
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind)) as port:
        password = canary("TRANSPORT").replace("=", "%3D")
        way = transports.from_url(f"smtp://user:{password}@127.0.0.1:{port}?tls=none", home)
        with pytest.raises(SendError) as refused:
            way.connect()
    assert refused.value.code == "535 5.7.8"
    assert "(secret)" in str(refused.value)
    assert_unseen(str(refused.value))


STRONG = [random.token_urlsafe(48), random.token_hex(32), random.token_hex(16)]


@pytest.mark.parametrize(
    "key",
    ["", "short", "a" * 64, "abc123" * 8, "0123456789abcdef" * 4, "correct-horse-battery-staple-01",
     "change-me-change-me-now-change-it", "your-secret-key-goes-here-1234567890", "SECRET" * 9,
     "django-insecure-k3#9d8f7s6a5k4j3h2g1f0", "qwertyuiopasdfghjklzxcvbnm987654", "x" * 31 + "y",
     "abcdefghijklmnopqrstuvwxyz012345", "example-key-of-the-documentation-9f", "😀" * 40,
     "zyxwvutsrqponmlkjihgfedcba987654", "deadbeef" * 8, "password1234567890password1234567"],
)  # fmt: skip
def test_keys_that_can_be_guessed_stop_the_start_with_the_way_to_a_good_one(
    home: Path, key: str
) -> None:
    env = planted(home) | {"MAILER_SECRET_KEY": f"{STRONG[0]}, {key}" if key else ""}
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(env)
    said = str(refused.value)
    assert said.startswith("MAILER_SECRET_KEY")
    assert "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'" in said
    assert not key or key not in said
    assert not key or "its key 2," in said
    near = env | {"MAILER_BASE_URL": "", "MAILER_METRICS_TOKEN": ""}
    assert Settings.from_env(near).development, "for trying it out any key will do"


@pytest.mark.parametrize("name", ["METRICS_TOKEN", "HOOK_POSTMARK", "HOOK_BREVO"])
def test_what_is_copied_from_an_example_stops_the_start_too(home: Path, name: str) -> None:
    env = planted(home) | {f"MAILER_{name}": "change-me:change-me"}
    with pytest.raises(SettingsError, match=f"MAILER_{name} is too weak") as refused:
        Settings.from_env(env)
    assert "change-me" not in str(refused.value)


def test_keys_may_stand_on_lines_of_a_file(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("\n".join(STRONG) + "\n", encoding="utf-8")
    env = planted(home)
    del env["MAILER_SECRET_KEY"]
    assert Settings.from_env(env | {"MAILER_SECRET_KEY_FILE": str(file)}).secret_keys == (*STRONG,)
    numbers = tmp_path / "hops"
    numbers.write_text("2\n", encoding="utf-8")
    assert (
        Settings.from_env(planted(home) | {"MAILER_PROXY_HOPS_FILE": str(numbers)}).proxy_hops == 2
    )
