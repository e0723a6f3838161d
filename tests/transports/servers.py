"""Servers for the tests of sending, all on loopback: Postfix's sink, and ones told what to say."""

import contextlib
import socket
import subprocess
import threading
import time
from dataclasses import replace

import pytest

from mailer.errors import SendError
from mailer.transports import Parcel
from mailer.transports.smtp import Server, SmtpTransport
from tests.processes import sink as postfix

BODY = b"Subject: x\r\n\r\nDear Minister,\r\n.\r\n..two\r\nbye\r\n"
PARCEL = Parcel(
    letter="k2l3m4", sender="b+k2l3m4@us.example", recipient="you@ministry.example", data=BODY
)
ON_THE_WIRE = b"Subject: x\r\n\r\nDear Minister,\r\n..\r\n...two\r\nbye\r\n"


def transport(port, **changes):
    server = Server(host="127.0.0.1", port=port, tls="none", timeout=2.0, longest_wait=3.0)
    return SmtpTransport(replace(server, **changes))


def fails(act, *arguments):
    with pytest.raises(SendError) as caught:
        act(*arguments)
    return caught.value


def send(connection, parcel=PARCEL):
    connection.stage(parcel)
    return connection.commit()


@contextlib.contextmanager
def sink(folder, *options):
    """Postfix's smtp-sink, its letters kept for `kept`; its port."""
    if postfix.TOOL is None:
        pytest.skip("SMTP-SINK IS NOT INSTALLED: nothing is sent to it (apt install postfix)")
    with postfix.sink(folder / "kept", *options) as running:
        yield running.port


def kept(folder, wanted):
    """The letters a sink took; waits a little until there are `wanted`."""
    end = time.monotonic() + 5
    while True:
        found = [file.read_bytes() for file in sorted((folder / "kept").iterdir())]
        if len([letter for letter in found if letter]) >= wanted or time.monotonic() > end:
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

    def encrypt(self, context):
        """What STARTTLS asks for."""
        assert self.hear() == "STARTTLS"
        self.say("220 go on")
        self.file.close()
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.file = self.sock.makefile("rb")

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
            self._lead(talk, sock)

    def _lead(self, talk, sock):
        peer = None
        try:
            peer = Peer(self.wrap(sock), self.heard)
            talk(peer)
        except (OSError, ValueError):
            pass
        except AssertionError as error:
            self.errors.append(error)
        if peer:
            peer.hang_up()
        sock.close()

    def wrap(self, sock):
        """The socket as the talk sees it: for encryption from the first byte."""
        return sock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        assert not self.thread.is_alive()
        assert not self.errors


class Crowd(Told):
    """A server that leads all its connections at once by one function, on threads of their own."""

    def __init__(self, talk, context=None):
        self.threads = []
        self.context = context
        super().__init__(talk)

    def _serve(self, talks):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                break
            thread = threading.Thread(target=self._lead, args=(*talks, sock), daemon=True)
            thread.start()
            self.threads.append(thread)
        for thread in self.threads:
            thread.join(10)

    def wrap(self, sock):
        return self.context.wrap_socket(sock, server_side=True) if self.context else sock


def certificate(folder, names="DNS:localhost,IP:127.0.0.1"):
    """A certificate for this machine, or for `names`, that signs itself; and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert,
         "-addext", f"subjectAltName={names}"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key
