"""One letter after another over one line, with every phase known."""

from __future__ import annotations

import re

from mailer import addresses
from mailer.errors import FieldError, Next, SendError
from mailer.transports.base import Answer, Parcel
from mailer.transports.smtp.line import Line, Lost, why
from mailer.transports.smtp.replies import Phase, Reply, refusal
from mailer.transports.smtp.server import Server

WANTED = {Phase.SENDER: {250}, Phase.RECIPIENT: {250, 251, 252}, Phase.DATA: {354}}
LAST_WORDS = 0.5  # seconds for what a server that hung up may still have said
CLOSING = 421  # RFC 5321, 3.8: the server hangs up after it

_ADDRESS = re.compile(r"[!-;=?-~]+@[A-Za-z0-9.:\[\]-]+")
_QUEUE_ID = re.compile(r"queued as ([\w.-]+)")


class _Ended(Exception):  # noqa: N818 - it names what happened
    """The line ended while the envelope was being told: nothing of the letter had left."""

    def __init__(self, error: SendError) -> None:
        self.error = error
        super().__init__(str(error))


class SmtpConnection:
    """Stages a letter up to its final dot, then sends the dot; opens a new line when one ended."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._line: Line | None = None
        self._staged = False
        self._used = False  # the open line has carried a letter before

    def open(self) -> Line:
        """The open line; raises SendError (STOP) when there is none to be had."""
        if self._line is None:
            line = Line(self._server)
            line.open()
            self._line, self._used = line, False
        return self._line

    def stage(self, parcel: Parcel) -> None:
        """Tell the envelope and send the body; the server has nothing until commit."""
        self.abandon()
        sender, recipient = _address(parcel.sender, empty=True), _address(parcel.recipient)
        body = _stuffed(parcel.data)
        if self._line is not None and self._line.interrupted():
            self._drop()
        line = self.open()
        used, self._used = self._used, True
        try:
            self._envelope(line, sender, recipient, parcel.data)
        except _Ended as ended:
            if not used:
                raise ended.error from None
            # It was closed after an earlier letter: that is not the fault of this one.
            return self.stage(parcel)
        self._body(line, body)
        self._staged = True
        return None

    def commit(self) -> Answer:
        """Send the final dot; the answer may take the server's `longest_wait`."""
        line = self._line
        if line is None or not self._staged:
            raise SendError("no letter is staged")
        self._staged = False
        if line.interrupted():
            raise self._cut_off(line, "it hung up before the final dot")
        try:
            line.put(b".\r\n")
            reply = line.answer(self._server.longest_wait)
        except (Lost, OSError) as error:
            self._drop()
            text = f"{Phase.DOT}: {why(error, self._server.longest_wait)}"
            raise SendError(text, maybe_accepted=True) from None
        return self._judge(reply)

    def abandon(self) -> None:
        """Hang up when a body is staged: nothing else takes it back."""
        if self._staged:
            self._drop()

    def close(self) -> None:
        """Say QUIT, unless a body is staged, which it would become a part of."""
        self.abandon()
        if self._line is not None:
            line, self._line = self._line, None
            line.leave()

    def _envelope(self, line: Line, sender: str, recipient: str, data: bytes) -> None:
        steps = {
            Phase.SENDER: f"MAIL FROM:<{sender}>{_parameters(line, data)}",
            Phase.RECIPIENT: f"RCPT TO:<{recipient}>",
            Phase.DATA: "DATA",
        }
        refused, waits_for_body = self._tell(line, steps)
        if refused is None:
            return
        if waits_for_body:
            self._drop()  # else the body would go to nobody, or from nobody
        else:
            self._reset(line)
        raise refused

    def _tell(self, line: Line, steps: dict[Phase, str]) -> tuple[SendError | None, bool]:
        """Go through the steps, all at once where the server allows it (RFC 2920).

        Returns the first refusal, and whether the server waits for a body all the same.
        """
        at_once = line.has_extn("pipelining")
        refused, waits = None, False
        phase = Phase.SENDER
        try:
            if at_once:
                line.say(*steps.values())
            for phase, command in steps.items():
                if not at_once:
                    line.say(command)
                reply = line.answer()
                error = self._refusal(reply, phase)
                refused, waits = refused or error, phase is Phase.DATA and error is None
                if refused and not at_once:
                    break
        except (Lost, OSError) as error:
            self._drop()
            then = Next.STOP if phase is Phase.SENDER else Next.RETRY
            text = f"{phase}: {why(error, self._server.timeout)}"
            raise _Ended(SendError(text, then)) from None
        return refused, waits

    def _refusal(self, reply: Reply, phase: Phase) -> SendError | None:
        """None for the answer hoped for; raises _Ended where nothing more can be said."""
        if reply.number in WANTED[phase]:
            return None
        error = refusal(reply, phase)
        if reply.number == CLOSING or reply.number < 400:
            self._drop()  # it hangs up, or its answers no longer belong to our questions
            raise _Ended(error)
        return error

    def _reset(self, line: Line) -> None:
        try:
            line.say("RSET")
            if line.answer().number != 250:
                self._drop()
        except (Lost, OSError):
            self._drop()

    def _body(self, line: Line, body: bytes) -> None:
        try:
            line.put(body)
        except OSError as error:
            raise self._cut_off(line, why(error, self._server.timeout)) from None

    def _cut_off(self, line: Line, text: str) -> SendError:
        """What the server said before it would hear the end, or `text` when it said nothing."""
        try:
            reply = line.answer(LAST_WORDS)
        except (Lost, OSError):
            return SendError(f"body: {text}")
        finally:
            self._drop()
        return refusal(reply, Phase.DATA)

    def _judge(self, reply: Reply) -> Answer:
        """The answer to the dot, when it is a yes; raises SendError."""
        if 200 <= reply.number < 300:
            queue_id = _QUEUE_ID.search(reply.text)
            return Answer(
                text=reply.text, code=reply.code, provider_id=queue_id[1] if queue_id else ""
            )
        if reply.number == CLOSING or reply.number < 400:
            self._drop()
        error = refusal(reply, Phase.DOT)
        error.maybe_accepted = reply.number < 400  # neither yes nor no
        raise error

    def _drop(self) -> None:
        """Hang up without a word."""
        self._staged = False
        if self._line is not None:
            line, self._line = self._line, None
            line.close()


def _address(text: str, *, empty: bool = False) -> str:
    """An envelope address as it goes over the line; "" (the null sender) only where `empty`."""
    if empty and not text:
        return ""
    try:
        ready = addresses.wire(text)
    except FieldError:
        ready = ""
    if not _ADDRESS.fullmatch(ready):
        raise SendError("the envelope's address cannot be used", Next.FAIL)
    return ready


def _stuffed(data: bytes) -> bytes:
    """The body as it goes before the dot (RFC 5321, 4.5.2); its line ends must be CRLF alone."""
    if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
        # A server that takes a bare line end for one could be told of a second message.
        raise SendError("the letter holds bare line ends", Next.FAIL)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if data.startswith(b".") else stuffed


def _parameters(line: Line, data: bytes) -> str:
    """What MAIL FROM tells besides the sender: the size, and 8-bit where it is."""
    limit = line.esmtp_features.get("size", "")
    if limit.isdigit() and len(limit) < 16 and 0 < int(limit) < len(data):
        raise SendError(f"the letter has {len(data)} bytes, the server takes {limit}", Next.FAIL)
    if data.isascii():
        eight = ""
    elif line.has_extn("8bitmime"):
        eight = " BODY=8BITMIME"
    else:
        raise SendError("the server takes plain ASCII only", Next.FAIL)
    return eight + (f" SIZE={len(data)}" if line.has_extn("size") else "")
