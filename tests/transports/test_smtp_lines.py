"""Many lines to one server, over real sockets: slow readers, encryption, silence, and the end."""

import contextlib
import os
import resource
import socket
import ssl
import threading
import time
from dataclasses import replace

import pytest

from mailer.errors import Next
from mailer.transports import Parcel
from mailer.transports.base import Accepted, Failed, Staged
from mailer.transports.smtp import Server
from mailer.transports.smtp.line import Line
from mailer.transports.smtp.lines import SmtpLines
from tests.transports.servers import PARCEL, Crowd, certificate

BIG = replace(PARCEL, data=b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" + b".y\r\n" * 2_000_000)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def offered(keys):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*keys)
    return context


@contextlib.contextmanager
def lines_to(port, size=1, dial=Line, **changes):
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout": 5.0} | changes
    made = SmtpLines(Server(**{"longest_wait": 5.0} | given), size, dial)
    try:
        yield made
    finally:
        made.close()


def hear(lines, count=1, seconds=20.0):
    """The next `count` things that happen."""
    found, end = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        found += lines.poll(0.5)
    return found


def kinds(happened):
    return sorted(type(one).__name__ for one in happened)


def numbered(number):
    return Parcel(
        letter=f"n{number}", sender="us@us.example", recipient=f"n{number}@b.example",
        data=f"Subject: {number}\r\n\r\n.n{number}\r\n".encode(),
    )  # fmt: skip


def open_files():
    return len(os.listdir("/proc/self/fd"))


def taker(taken, *features, context=None):
    """A talk that takes letters until QUIT; (recipient, body) into `taken`."""

    def talk(peer):
        peer.greet(*(["STARTTLS"] if context else features))
        if context:
            peer.encrypt(context)
            assert peer.hear().startswith("EHLO ")
            names = ("told.example", *features)
            peer.say(*(f"250{'-' if n + 1 < len(names) else ' '}{f}" for n, f in enumerate(names)))
        to = ""
        while word := peer.hear():
            if word.startswith("RCPT"):
                to = word
            if word == "QUIT":
                peer.say("221 bye")
                return
            peer.say("354 go on" if word == "DATA" else "250 2.0.0 ok")
            if word == "DATA":
                body = peer.hear_body()
                if body is None:
                    return
                taken.append((to, body))
                peer.say("250 2.0.0 Ok: queued as A1B2")

    return talk


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
@pytest.mark.parametrize("features", [(), ("PIPELINING",)], ids=["stepwise", "at once"])
def test_many_letters_over_few_lines(keys, offered, tls, features):
    """Each dot with the next envelope behind it; every letter once, to its own recipient."""
    taken = []
    talk = taker(taken, *features, context=offered if tls == "starttls" else None)
    context = ssl.create_default_context(cafile=str(keys[0]))
    outer = offered if tls == "implicit" else None
    with (
        Crowd(talk, outer) as server,
        lines_to(server.port, 3, tls=tls, context=context) as lines,
    ):
        waiting = [numbered(n) for n in range(30)]
        accepted = 0
        for line in range(3):
            lines.stage(line, waiting.pop())
        while accepted < 30:
            for one in lines.poll(5.0):
                if isinstance(one, Staged):
                    lines.dot(one.line, waiting.pop() if waiting else None)
                else:
                    assert isinstance(one, Accepted)
                    assert one.answer.provider_id == "A1B2"
                    accepted += 1
    assert sorted(taken) == sorted(
        (f"RCPT TO:<n{n}@b.example>", f"Subject: {n}\r\n\r\n..n{n}\r\n".encode()) for n in range(30)
    )
    assert server.heard.count("QUIT") == 3


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_body_that_does_not_fit_into_the_socket(keys, offered, tls):
    """A slow reader holds up its own line only, and costs no computing while it is slow."""
    taken, go_on = [], threading.Event()
    take = taker(taken, "PIPELINING", context=offered if tls == "starttls" else None)

    def slow(peer):
        hear = peer.hear_body
        peer.hear_body = lambda: go_on.wait(30) and hear() if not taken else hear()
        take(peer)

    context = ssl.create_default_context(cafile=str(keys[0]))
    with (
        Crowd(slow, offered if tls == "implicit" else None) as server,
        lines_to(server.port, 2, tls=tls, context=context, timeout=30.0) as lines,
    ):
        lines.stage(0, BIG)
        began, spent = time.monotonic(), 0.0
        while time.monotonic() < began + 1.5:
            before = time.process_time()
            assert lines.poll(0.3) == []
            spent += time.process_time() - before
            if time.monotonic() < began + 0.5:
                spent = 0.0  # it is still filling the socket
        assert spent < 0.5
        go_on.set()
        assert hear(lines) == [Staged(0)]
        lines.stage(1, PARCEL)
        lines.dot(0, PARCEL)
        found = hear(lines, 3)
        assert kinds(found) == ["Accepted", "Staged", "Staged"]
        for line in (0, 1):
            lines.dot(line)
        assert kinds(hear(lines, 2)) == ["Accepted", "Accepted"]
    assert max(len(body) for _, body in taken) == len(BIG.data) + 2_000_000


def test_going_on_slowly_is_going_on(keys, offered):
    """The time is counted anew whenever the server takes something, encrypted or not."""

    def talk(peer):
        peer.greet("PIPELINING")
        peer.envelope()
        left = len(BIG.data) + 2_000_000 + 3
        while left > 0:
            left -= len(peer.file.read(min(left, 800_000)))
            time.sleep(0.2)
        peer.say("250 ok")

    context = ssl.create_default_context(cafile=str(keys[0]))
    with (
        Crowd(talk, offered) as server,
        lines_to(server.port, tls="implicit", context=context, timeout=1.0) as lines,
    ):
        lines.stage(0, BIG)
        assert hear(lines) == [Staged(0)]
        lines.dot(0)
        assert kinds(hear(lines)) == ["Accepted"]


def test_many_answers_in_one_encrypted_record(keys, offered):
    """What TLS has decrypted and nobody has read makes no socket readable."""

    def talk(peer):
        peer.greet("PIPELINING")
        for _ in range(3):
            peer.hear()
        more = "".join(f"250-{'x' * 70} {n}\r\n" for n in range(200))
        peer.raw(f"{more}250 ok\r\n250 ok\r\n354 go on\r\n".encode())
        peer.hear_body()
        peer.raw(f"{more}250 queued as Z9\r\n".encode())
        peer.hear()

    context = ssl.create_default_context(cafile=str(keys[0]))
    with (
        Crowd(talk, offered) as server,
        lines_to(server.port, tls="implicit", context=context) as lines,
    ):
        lines.stage(0, PARCEL)
        assert hear(lines) == [Staged(0)]
        lines.dot(0)
        assert kinds(hear(lines)) == ["Accepted"]


def silent_at(word):
    """A talk that answers up to `word`, and then says nothing more."""

    def talk(peer):
        if word == "greeting":
            peer.hear()
            return
        peer.greet("PIPELINING")
        for said, answer in (("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "354 go on")):
            if said == word:
                break
            peer.hear()
            peer.say(answer)
        if word == "body":
            time.sleep(3)
            return
        while peer.file.readline():
            pass

    return talk


@pytest.mark.parametrize(
    ("word", "then", "doubt"),
    [
        ("greeting", Next.STOP, False), ("MAIL", Next.STOP, False), ("RCPT", Next.RETRY, False),
        ("DATA", Next.RETRY, False), ("body", Next.RETRY, False), ("dot", Next.RETRY, True),
    ],
)  # fmt: skip
def test_silence_in_every_phase_ends_in_its_own_time(word, then, doubt):
    limits = {"timeout": 0.4, "longest_wait": 60.0}
    if word == "dot":
        limits = {"timeout": 60.0, "longest_wait": 0.4}
    with Crowd(silent_at(word)) as server, lines_to(server.port, **limits) as lines:
        lines.stage(0, BIG if word == "body" else PARCEL)
        (happened,) = hear(lines)
        if word == "dot":
            assert happened == Staged(0)
            lines.dot(0)
            (happened,) = hear(lines)
        assert isinstance(happened, Failed)
        assert happened.dotted == (word == "dot")
        assert (happened.error.then, happened.error.maybe_accepted) == (then, doubt)
        assert "no answer within 0.4 seconds" in happened.error.reason


def test_a_line_that_cannot_be_opened_holds_up_no_other():
    """One finds nobody, one finds a server that says nothing; the third does the work."""
    taken = []
    with (
        Crowd(silent_at("greeting")) as mute,
        Crowd(taker(taken, "PIPELINING")) as server,
        socket.create_server(("127.0.0.1", 0)) as nobody,
    ):
        ports = iter([mute.port, nobody.getsockname()[1], server.port])
        nobody.close()

        def dial(given):
            return Line(replace(given, port=next(ports)))

        with lines_to(0, 3, dial, timeout=60.0) as lines:
            for line in range(3):
                lines.stage(line, numbered(line))
            found = {one.line: one for one in hear(lines, 2)}
            assert found[2] == Staged(2)
            assert found[1].error.then is Next.STOP
            lines.dot(2, numbered(3))
            assert kinds(hear(lines, 2)) == ["Accepted", "Staged"]
            began = time.monotonic()
        assert time.monotonic() < began + 5
    assert [to for to, _ in taken] == ["RCPT TO:<n2@b.example>"]


def test_hung_servers_keep_nobody_from_leaving():
    """In every phase at once; afterwards there is no file, and no thread, that was not before."""
    words = ["greeting", "MAIL", "DATA", "body", "dot", "dot"]
    before = open_files(), threading.active_count()
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Crowd(silent_at(word))) for word in words]
        ports = iter([server.port for server in servers])

        def dial(given):
            return Line(replace(given, port=next(ports)))

        with lines_to(0, len(words), dial, timeout=60.0, longest_wait=60.0) as lines:
            for line, word in enumerate(words):
                lines.stage(line, BIG if word == "body" else PARCEL)
            assert kinds(hear(lines, 2)) == ["Staged", "Staged"]
            lines.dot(5, PARCEL)
            assert lines.poll(0.3) == []
            began = time.monotonic()
            lines.close()
            assert time.monotonic() < began + 5
    end = time.monotonic() + 10
    while added(before) and time.monotonic() < end:
        time.sleep(0.05)
    assert not added(before)


def added(before):
    """What there is more of than before: an earlier test's last thread may end meanwhile."""
    after = open_files(), threading.active_count()
    return [now - was for now, was in zip(after, before, strict=True) if now > was]


def test_a_line_that_opens_after_the_end_is_closed_again():
    opening, go_on = threading.Event(), threading.Event()
    made = []

    class Late(Line):
        def open(self):
            found = super().open()
            made.append(self)
            opening.set()
            go_on.wait(30)
            return found

    before = open_files()
    with Crowd(silent_at("MAIL")) as server:
        lines = SmtpLines(Server(host="127.0.0.1", port=server.port, tls="none"), 1, Late)
        lines.stage(0, PARCEL)
        assert opening.wait(10)
        lines.close()
        go_on.set()
        end = time.monotonic() + 10
        while made[0].sock is not None and time.monotonic() < end:
            time.sleep(0.01)
        lines.close()
    assert made[0].sock is None
    assert open_files() == before


def test_a_connection_that_cannot_be_opened_leaves_nothing_open():
    before = open_files()
    with Crowd(lambda peer: peer.say("554 5.3.2 not here")) as server, lines_to(server.port) as it:
        for _ in range(10):
            it.stage(0, PARCEL)
            (failed,) = hear(it)
            assert failed.error.then is Next.STOP
    assert open_files() == before


def test_more_files_than_select_knows():
    """File numbers above 1023 are ordinary ones."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2000:
        pytest.skip("THIS MACHINE ALLOWS TOO FEW OPEN FILES: high numbers are not tried")
    taken = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    spare = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        with Crowd(taker(taken, "PIPELINING")) as server, lines_to(server.port, 2) as lines:
            assert lines.fileno() > 1023
            for line in range(2):
                lines.stage(line, numbered(line))
            assert kinds(hear(lines, 2)) == ["Staged", "Staged"]
            for line in range(2):
                lines.dot(line)
            assert kinds(hear(lines, 2)) == ["Accepted", "Accepted"]
    finally:
        for number in spare:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thinking_server_costs_no_computing():
    with Crowd(silent_at("dot")) as server, lines_to(server.port, longest_wait=60.0) as lines:
        lines.stage(0, PARCEL)
        assert hear(lines) == [Staged(0)]
        lines.dot(0, PARCEL)
        before = time.process_time()
        assert lines.poll(1.0) == []
        assert time.process_time() - before < 0.5
