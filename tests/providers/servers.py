"""Servers that do with a connection whatever a test wants."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def door(
    act: Callable[[socket.socket], object], context: ssl.SSLContext | None = None
) -> Iterator[str]:  # fmt: skip
    """A server that lets `act` have each connection, one after another; its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            with sock, suppress(OSError):
                if context is None:
                    act(sock)
                    continue
                with context.wrap_socket(sock, server_side=True) as hidden:
                    act(hidden)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        scheme = "https" if context else "http"
        yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def certificate(folder: Path) -> ssl.SSLContext:
    """What a server shows whom nobody vouches for but `folder`/cert itself."""
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
        " -addext subjectAltName=IP:127.0.0.1 -keyout key -out cert"
    )
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    return context


def heard_out(sock: socket.socket) -> bytes:
    """One request, whole; raises OSError when the other side leaves before its end."""
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(sock)
    head, _, body = found.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    while len(body) < sum(lengths):
        body += _more(sock)
    return head + b"\r\n\r\n" + body


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionError("it left")
    return data
