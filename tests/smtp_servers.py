"""Servers for the tests of sending, all on loopback: Postfix's sink, and ones told what to say."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time

import pytest

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/libexec/postfix"])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process=None):
    """Until somebody listens on the port."""
    end = time.monotonic() + 10
    while time.monotonic() < end and (process is None or process.poll() is None):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on {port}")


@contextlib.contextmanager
def sink(folder, *options):
    """Postfix's smtp-sink, which keeps each letter it took as a file in `folder`; its port."""
    program = shutil.which("smtp-sink", path=PATH)
    if not program:
        pytest.skip("smtp-sink (of Postfix) is not installed")
    port = free_port()
    user = ["-u", "root"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [program, *user, *options, "-d", f"{folder}/letter.", f"127.0.0.1:{port}", "200"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def kept(folder, wanted=None):
    """The letters a sink took; waits a little for `wanted` of them."""
    end = time.monotonic() + 5
    while True:
        found = [file.read_bytes() for file in sorted(folder.iterdir()) if file.stat().st_size]
        if wanted is None or len(found) >= wanted or time.monotonic() > end:
            return found
        time.sleep(0.02)


class Peer:
    """A told server's side of one connection."""

    def __init__(self, sock, heard):
        self.sock = sock
        self.heard = heard
        self.file = sock.makefile("rb")

    def say(self, *lines):
        self.sock.sendall(b"".join(line.encode() + b"\r\n" for line in lines))

    def raw(self, data):
        self.sock.sendall(data)

    def hear(self):
        """The next line, without its end; "" when the client hung up."""
        line = self.file.readline().decode("latin-1").rstrip("\r\n")
        self.heard.append(line)
        return line

    def hear_body(self):
        """What comes up to the final dot; None when the client hung up before it."""
        lines = []
        for line in self.file:
            if line == b".\r\n":
                self.heard.append("<body>")
                return b"".join(lines)
            lines.append(line)
        self.heard.append("<cut>")
        return None

    def greet(self, *features):
        """Greeting and EHLO."""
        self.say("220 told.example ready")
        assert self.hear().startswith("EHLO ")
        names = ("told.example", *features)
        self.say(*(f"250{'-' if n + 1 < len(names) else ' '}{f}" for n, f in enumerate(names)))

    def envelope(self, mail="250 2.1.0 ok", rcpt="250 2.1.5 ok", data="354 go on"):
        """MAIL, RCPT and DATA, answered one by one."""
        for answer in (mail, rcpt, data):
            if answer is not None and self.hear():
                self.say(answer)

    def letter(self, answer="250 2.0.0 Ok: queued as A1B2"):
        """A whole letter, taken."""
        self.envelope()
        body = self.hear_body()
        self.say(answer)
        return body

    def hang_up(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.file.close()
        self.sock.close()


class Told:
    """A server whose nth connection is led by the nth function given, then it hangs up."""

    def __init__(self, *talks):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heard = []
        self.errors = []
        self.thread = threading.Thread(target=self._serve, args=(talks,), daemon=True)
        self.thread.start()

    def _serve(self, talks):
        for talk in talks:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            peer = Peer(sock, self.heard)
            try:
                talk(peer)
            except (ConnectionError, ValueError):
                pass
            except AssertionError as error:
                self.errors.append(error)
            peer.hang_up()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        assert not self.thread.is_alive()
        assert not self.errors


def certificate(folder):
    """A certificate for localhost and 127.0.0.1 that signs itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert,
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key
