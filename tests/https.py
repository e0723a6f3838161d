"""A real TLS server on loopback, for what is asked of other services."""

import contextlib
import socket
import ssl
import threading
import warnings


def page(body=b"hello", status="200 OK", *more):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


def speak_old(context, newest):
    """Let a line be encrypted as it was long ago, by `newest` at most."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest


class Service:
    """A TLS server that says `answer`, in pieces with `pause` seconds between them; or what a
    function answers to the path."""

    def __init__(self, keys, *answer, pause=0.0, newest=None):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(*keys)
        if newest:
            speak_old(self.context, newest)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answer, self.pause = answer, pause
        self.heard = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def host(self):
        return f"localhost:{self.port}"

    def _serve(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            with raw, contextlib.suppress(OSError), self.context.wrap_socket(
                raw, server_side=True
            ) as line:  # fmt: skip
                line.settimeout(5)
                self._talk(line)

    def _talk(self, line):
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(65536) or b"\r\n\r\n"
        self.heard.append(head)
        told = [one(head.split()[1].decode()) if callable(one) else one for one in self.answer]
        for piece in told:
            line.sendall(piece)
            self.ended.wait(self.pause)
        line.unwrap()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        assert not self.thread.is_alive()
