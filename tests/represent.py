"""Represent as it answers, on loopback with a certificate of its own, and told what to say."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mailer.districts.represent import Represent
from mailer.outbound import Net
from tests.transports.servers import certificate

FEDERAL = "federal-electoral-districts"
ONTARIO = "ontario-electoral-districts"


def boundary(of: str, name: str) -> dict[str, Any]:
    """A district as an answer lists it."""
    return {
        "url": f"/boundaries/{of}/35075/",
        "name": name,
        "boundary_set_name": of.replace("-", " ").capitalize(),
        "external_id": "35075",
        "related": {"boundary_set_url": f"/boundary-sets/{of}/"},
    }


def answer(code: str, *near: dict[str, Any], told: tuple[dict[str, Any], ...] = ()) -> bytes:
    """The answer about a code: what its middle lies in, and what tables tell of it."""
    return json.dumps(
        {
            "code": code,
            "city": "Example",
            "province": "ON",
            "centroid": {"type": "Point", "coordinates": [-75.7, 45.4]},
            "boundaries_centroid": near,
            "boundaries_concordance": told,
            "representatives_centroid": [{"name": "Ann Example", "elected_office": "MP"}],
        }
    ).encode()


@dataclass
class Stub:
    """The service: `says` by code; what it does not know is 404."""

    says: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    heard: list[str] = field(default_factory=list)
    client: Represent = field(default_factory=Represent)


@contextmanager
def served(folder: Path) -> Iterator[Stub]:
    """The service, being served; `client` asks it."""
    stub, keys = Stub(), certificate(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stub.heard.append(self.path)
            code = self.path.removeprefix("/postcodes/").strip("/")
            known = stub.says.get(code)
            time.sleep(stub.pause)
            self.send_response(stub.status if known is not None or stub.status != 200 else 404)
            for name, value in stub.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(known or b"")))
            with suppress(OSError):  # whoever asked has gone
                self.end_headers()
                self.wfile.write(known or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*keys)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    near = Net(
        allowed=lambda _: True, context=lambda: ssl.create_default_context(cafile=str(keys[0]))
    )
    stub.client = Represent(base=f"https://localhost:{server.server_port}", net=near)
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
