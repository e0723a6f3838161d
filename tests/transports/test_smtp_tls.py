"""Encryption and sign-in, against a real server with a certificate of its own making."""

import ssl

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from mailer.errors import Next, SendError
from mailer.transports import Parcel, from_url
from tests.https import Service
from tests.transports.servers import Told, certificate

PARCEL = Parcel(
    letter="a1", sender="us@us.example", recipient="you@b.example", data=b"Subject: x\r\n\r\n.\r\n"
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


class Box:
    """Keeps what it takes."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, _, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.taken.append((session.ssl is not None, session.authenticated, envelope.content))
        return "250 2.0.0 Ok: queued as XY9"


def judge(_server, _session, _envelope, _mechanism, data):
    good = (data.login, data.password) == (b"ann@home", "pä:ss/w".encode())
    return AuthResult(success=good, handled=False, auth_data=data.login if good else None)


class Relay(Controller):
    """A submission server that knows one account."""

    def __init__(self, keys, *, implicit=False, starttls=True, **options):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*keys)
        self.box = Box()
        starttls = starttls and not implicit
        self.options = {"authenticator": judge, "auth_require_tls": starttls, **options}
        if starttls:
            self.options |= {"tls_context": context, "require_starttls": True}
        outer = {"ssl_context": context} if implicit else {}
        super().__init__(self.box, hostname="127.0.0.1", port=0, **outer)

    def factory(self):
        return SMTP(self.box, **self.options)

    def _trigger_server(self):
        """Port 0 was asked for: learn the real one before it is tried."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


ACCOUNT = "ann%40home:p%C3%A4%3Ass%2Fw@"


def url(relay, keys, scheme="smtp", account=ACCOUNT, host="localhost", options=""):
    return f"{scheme}://{account}{host}:{relay.port}?ca={keys[0]}{options}"


def take(relay, address, home):
    connection = from_url(address, home).connect()
    try:
        connection.stage(PARCEL)
        return connection.commit()
    finally:
        connection.close()


def refused(address, home):
    with pytest.raises(SendError) as caught:
        from_url(address, home).connect()
    assert "p\xe4:ss" not in str(caught.value)
    assert "cMOkOnNzL3c" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("excluded", [[], ["PLAIN"]], ids=["PLAIN", "LOGIN"])
def test_starttls_and_sign_in(keys, tmp_path, excluded):
    with Relay(keys, auth_exclude_mechanism=excluded, auth_required=True) as relay:
        answer = take(relay, url(relay, keys), tmp_path)
        found = from_url(url(relay, keys), tmp_path).probe()
    assert answer.provider_id == "XY9"
    assert relay.box.taken == [(True, True, PARCEL.data)]
    assert "TLSv1.3" in found
    assert "signed in" in found
    assert "ann" not in found


def test_encrypted_from_the_first_byte(keys, tmp_path):
    with Relay(keys, implicit=True) as relay:
        answer = take(relay, url(relay, keys, "smtps", host="127.0.0.1"), tmp_path)
        found = from_url(url(relay, keys, "smtps"), tmp_path).probe()
    assert answer.code == "250 2.0.0"
    assert "TLSv1.3" in found
    # aiosmtpd itself only knows of encryption that began with STARTTLS.
    assert relay.box.taken == [(False, True, PARCEL.data)]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_encryption_of_long_ago_is_none(keys, tmp_path, newest):
    with Service(keys, newest=newest) as old:
        failed = refused(url(old, keys, "smtps"), tmp_path)
    assert old.heard == []
    assert failed.then is not Next.FAIL, "the letter waits for a server that can"
    assert "TLS" in str(failed)


def test_many_letters_over_one_encrypted_line(keys, tmp_path):
    with Relay(keys) as relay:
        connection = from_url(url(relay, keys), tmp_path).connect()
        for _ in range(20):
            connection.stage(PARCEL)
            connection.commit()
        connection.close()
    assert len(relay.box.taken) == 20


def test_a_wrong_password_stops_the_account(keys, tmp_path):
    with Relay(keys) as relay:
        error = refused(url(relay, keys, account="ann%40home:wrong@"), tmp_path)
    assert (error.then, error.code) == (Next.STOP, "535 5.7.8")


def test_no_encryption_offered(keys, tmp_path):
    with Relay(keys, starttls=False) as relay:
        error = refused(url(relay, keys), tmp_path)
    assert error.then is Next.STOP
    assert "offers no encryption" in str(error)
    assert relay.box.taken == []


def test_a_password_goes_in_the_open_only_to_this_machine(keys, tmp_path):
    with Relay(keys, starttls=False) as relay:
        take(relay, url(relay, keys, options="&tls=none"), tmp_path)
    assert relay.box.taken == [(False, True, PARCEL.data)]


def test_a_certificate_nobody_vouches_for(keys, tmp_path):
    with Relay(keys) as relay:
        error = refused(f"smtp://localhost:{relay.port}", tmp_path)
    assert error.then is Next.STOP
    assert "certificate is not trusted" in str(error)


def test_a_certificate_of_another_host(keys, tmp_path):
    with Relay(keys, implicit=True) as relay:
        error = refused(url(relay, keys, "smtps", host="127.0.0.2"), tmp_path)
    # 127.0.0.2 is this machine as well, but the certificate names only 127.0.0.1.
    assert error.then is Next.STOP


def test_tls_spoken_to_a_server_that_does_not(keys, tmp_path):
    with Told(lambda peer: peer.say("220 plain words")) as server:
        error = refused(f"smtps://localhost:{server.port}", tmp_path)
    assert error.then is Next.STOP
    assert "encryption failed" in str(error)


def test_words_slipped_in_before_encryption(tmp_path):
    """What arrives in the open together with the answer to STARTTLS must not be believed."""

    def talk(peer):
        peer.greet("STARTTLS")
        assert peer.hear() == "STARTTLS"
        peer.raw(b"220 go on\r\n250-evil\r\n250 AUTH PLAIN\r\n")

    with Told(talk) as server:
        error = refused(f"smtp://127.0.0.1:{server.port}", tmp_path)
    assert error.then is Next.STOP


@pytest.mark.parametrize("answer", ["454 4.7.0 no", "502 what", "hello"])
def test_starttls_refused(tmp_path, answer):
    def talk(peer):
        peer.greet("STARTTLS")
        peer.hear()
        peer.say(answer)

    with Told(talk) as server:
        assert refused(f"smtp://ann:x@127.0.0.1:{server.port}", tmp_path).then is Next.STOP
    assert not any("AUTH" in line for line in server.heard)


@pytest.mark.parametrize("offer", [(), ("AUTH GSSAPI CRAM-MD5",), ("AUTH",)])
def test_no_way_to_sign_in(tmp_path, offer):
    def talk(peer):
        peer.greet(*offer)
        peer.hear()

    with Told(talk) as server:
        error = refused(f"smtp://ann:x@127.0.0.1:{server.port}?tls=none", tmp_path)
    assert error.then is Next.STOP
    assert "no sign-in" in str(error)


@pytest.mark.parametrize("answer", ["454 4.7.0 try later", "535 5.7.8 no", "235", "334 more"])
def test_answers_to_a_sign_in(tmp_path, answer):
    def talk(peer):
        peer.greet("AUTH PLAIN")
        assert peer.hear() == "AUTH PLAIN AGFubgB4"
        peer.say(answer)
        peer.hear()

    with Told(talk) as server:
        address = f"smtp://ann:x@127.0.0.1:{server.port}?tls=none"
        if answer == "235":
            from_url(address, tmp_path).connect().close()
        else:
            assert refused(address, tmp_path).then is Next.STOP
