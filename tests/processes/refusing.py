"""A mail server and an e-mail API on loopback that refuse, and quote what they refuse."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

QUOTED = ("from:", "reply-to:", "to:", "subject:")


@contextmanager
def refusing(words: str) -> Iterator[tuple[str, str]]:
    """Both, as MAILER_TRANSPORT names them.

    The mail server refuses the first mailbox with `words`, and all other letters as if our account
    were shut, quoting their headers and the end of their text; the API does so with its fields.
    """
    with Mailserver(("127.0.0.1", 0), Talk) as smtp, HTTPServer(("127.0.0.1", 0), Api) as api:
        smtp.words = words
        for server in (smtp, api):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield (
                f"smtp://127.0.0.1:{smtp.server_address[1]}?tls=none",
                f"resend://re_key?api=http://127.0.0.1:{api.server_address[1]}",
            )
        finally:
            smtp.shutdown()
            api.shutdown()


class Mailserver(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as it takes to refuse a letter."""

    daemon_threads = True
    words = ""  # of its first refusal
    refused = 0


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: Mailserver

    def handle(self) -> None:
        """Answer line by line."""
        self._say("220 here")
        for line in self.rfile:
            self._say(self._answer(line[:4].upper()))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _answer(self, verb: bytes) -> str:
        if verb == b"RCPT" and not self.server.refused:
            self.server.refused += 1
            return f"550 5.1.1 <{self.server.words}> unknown"
        if verb == b"DATA":
            self._say("354 go on")
            return f"550 5.7.57 not from you: {self._quoted()}"
        return "250 yes"

    def _quoted(self) -> str:
        lines = [line.decode("utf-8", "replace").strip() for line in iter(self._line, b".\r\n")]
        said = [line for line in lines if line.lower().startswith(QUOTED)]
        return " ".join((*said, *filter(None, lines[-30:])))[:480]

    def _line(self) -> bytes:
        return self.rfile.readline() or b".\r\n"


class Api(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        """Refuse it for the account."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mail = asked[0] if isinstance(asked, list) else asked
        quoted = f"{mail['from']} {mail['to']} {mail.get('reply_to')} {mail['text'][:200]}"
        said = {"statusCode": 403, "name": "validation_error", "message": f"not {quoted}"}
        body = json.dumps(said).encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""
