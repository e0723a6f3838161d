"""A line without a network: an in-memory socket, and a server that reads word by word."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailer.transports import Parcel
from mailer.transports.smtp import Server
from mailer.transports.smtp.envelope import Envelope
from mailer.transports.smtp.line import Line

SERVER = Server(host="127.0.0.1", port=25, tls="none", timeout=30.0, longest_wait=600.0)


def letter(name: str) -> Parcel:
    """A parcel that tells in its address and in its body which one it is."""
    body = f"Subject: {name}\r\n\r\nMAIL FROM:<evil@example>\r\n.\r\nRSET\r\n{name}\r\n".encode()
    return Parcel(letter=name, sender="us@us.example", recipient=f"{name}@b.example", data=body)


class Socket:
    """Takes as much as there is room, and gives what has been put into it."""

    def __init__(self) -> None:
        self.room = 1 << 30
        self.sent = bytearray()  # on its way to the server
        self.writes: list[bytes] = []
        self.inbox = bytearray()
        self.ended = False  # the server hung up
        self.reset = False  # and would not read what came
        self.closed = False

    def send(self, data: bytes | memoryview) -> int:
        assert not self.closed
        if self.reset:
            raise ConnectionResetError
        taken = bytes(data[: self.room])
        if not taken:
            raise BlockingIOError
        self.room -= len(taken)
        self.sent += taken
        self.writes.append(taken)
        return len(taken)

    def recv(self, most: int) -> bytes:
        assert not self.closed
        found = bytes(self.inbox[:most])
        del self.inbox[:most]
        if not found and not self.ended:
            raise BlockingIOError
        return found

    def settimeout(self, seconds: float | None) -> None:
        pass

    def setblocking(self, flag: bool) -> None:
        pass

    def close(self) -> None:
        self.closed = True


class MemoryLine(Line):
    """A line that is open from the start."""

    sock: Socket  # type: ignore[assignment]  # it has what a line asks for

    def __init__(self, *features: str) -> None:
        super().__init__(SERVER)
        self.pipe = self.sock = Socket()
        self.esmtp_features = {name.lower(): "" for name in features}


@dataclass
class Judge:
    """The server's side: what it has read, what it has taken, and what it will say."""

    line: MemoryLine
    sender: str | None = None
    recipient: str | None = None
    body: bool = False
    saying: bytearray = field(default_factory=bytearray)
    dots: list[str] = field(default_factory=list)  # letters whose final dot has come
    taken: list[str] = field(default_factory=list)
    left: bool = False

    def asked(self) -> str:
        """What waits to be answered: MAIL, RCPT, DATA, RSET, QUIT, dot; or ""."""
        if self.left:
            return ""
        sent = self.line.pipe.sent
        if self.body:
            return "dot" if sent.startswith(b".\r\n") or b"\r\n.\r\n" in sent else ""
        end = sent.find(b"\r\n")
        return "" if end < 0 else sent[:4].decode("ascii")

    def answer(self, text: str) -> None:
        """Read the next word and say `text` (which may hold several lines, or be cut off)."""
        word = self.asked()
        assert word in {"MAIL", "RCPT", "DATA", "RSET", "QUIT", "dot"}, self.line.pipe.sent
        yes = text[:1] in {"2", "3"}
        if word == "dot":
            self._read_body(taken=yes)
        else:
            self._read_word(word, yes=yes)
        self.saying += text.encode()

    def must_refuse(self) -> bool:
        """True when the next word makes no sense any more: its envelope was refused before."""
        word = self.asked()
        return (word == "RCPT" and self.sender is None) or (
            word == "DATA" and self.recipient is None
        )

    def say(self, most: int) -> None:
        """Let some octets of the answers arrive."""
        self.line.pipe.inbox += self.saying[:most]
        del self.saying[:most]

    def leave(self, words: str) -> None:
        """Say something unasked, and hear nothing any more."""
        self.saying += words.encode()
        self.left = True

    def hang_up(self, *, reset: bool) -> None:
        self.line.pipe.ended, self.line.pipe.reset = True, reset

    def _read_word(self, word: str, *, yes: bool) -> None:
        sent = self.line.pipe.sent
        said = bytes(sent[: sent.find(b"\r\n")]).decode("ascii")
        del sent[: len(said) + 2]
        address = said.partition("<")[2].partition(">")[0]
        if word == "MAIL":
            self.sender, self.recipient = (address if yes else None), None
        elif word == "RCPT":
            self.recipient = address if yes and self.sender is not None else None
        elif word == "DATA":
            self.body = yes
        elif word == "RSET":
            self.sender = self.recipient = None

    def _read_body(self, *, taken: bool) -> None:
        sent = self.line.pipe.sent
        end = 0 if sent.startswith(b".\r\n") else sent.find(b"\r\n.\r\n") + 2
        body = bytes(sent[:end])
        del sent[: end + 3]
        assert self.recipient is not None, "a body to nobody"
        name = self.recipient.partition("@")[0]
        assert body == Envelope.of(letter(name)).body, "a body to the wrong envelope"
        self.dots.append(name)
        self.body, self.sender, self.recipient = False, None, None
        if taken:
            self.taken.append(name)
