"""Asking other services (S11): a real TLS server on loopback, and everything it may not do."""

import socket
import ssl
import threading
from dataclasses import replace

import pytest

from mailer import outbound
from mailer.errors import OutboundError
from mailer.outbound import INTERNET, Net, Outcome, is_public
from mailer.transports.api.adapter import authorities
from tests.https import Service, page, speak_old
from tests.transports.servers import certificate


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def near(keys):
    """A net on which this machine may be asked, and its own certificate is trusted."""
    return Net(allowed=lambda _: True, context=lambda: ssl.create_default_context(cafile=keys[0]))


def ask(service, net, path="/a?b=c", *, most=1000, seconds=5.0, hosts=None, host=None):
    return outbound.get(
        f"https://{host or service.host}{path}", hosts=hosts or frozenset({service.host}),
        most=most, seconds=seconds, net=net,
    )  # fmt: skip


def refused(*arguments, **options):
    with pytest.raises(OutboundError) as caught:
        ask(*arguments, **options)
    assert "b=c" not in str(caught.value)
    return str(caught.value)


def test_an_answer(keys, near):
    with Service(keys, page(b"hello", "200 OK", "X-Kind: good")) as service:
        found = ask(service, near)
    assert found == Outcome(
        status=200, headers={"content-length": "5", "x-kind": "good"}, body=b"hello"
    )
    head = service.heard[0].decode()
    assert head.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert f"\r\nHost: {service.host}\r\n" in head


def test_something_posted(keys, near):
    with Service(keys, page(b"", "204 No Content")) as service:
        found = outbound.post(
            f"https://{service.host}", b'{"text": "x"}', hosts=frozenset({service.host}),
            most=10, seconds=5, headers={"Content-Type": "application/json"}, net=near,
        )  # fmt: skip
    assert found.status == 204
    assert service.heard[0].startswith(b"POST / HTTP/1.1\r\n")
    assert b"Content-Type: application/json\r\n" in service.heard[0]


def test_a_status_is_the_callers_to_judge(keys, near):
    with Service(keys, page(b"no", "404 Not Found")) as service:
        assert ask(service, near).status == 404


def test_an_answer_in_chunks(keys, near):
    chunks = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    with Service(keys, chunks) as service:
        assert ask(service, near).body == b"abcde"


def test_proxies_and_netrc_of_the_environment_are_not_read(keys, near, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("default login ann password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Service(keys, page()) as service:
        assert ask(service, near).status == 200
    assert b"uthorization" not in service.heard[0]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 T", "308 P", "303 S", "304 N"])
def test_a_redirect_is_not_followed(keys, near, status):
    with Service(keys, page(b"", status, "Location: https://localhost/")) as service:
        assert "not followed" in refused(service, near)
    assert len(service.heard) == 1


@pytest.mark.parametrize(
    "answer",
    [
        page(b"x" * 1001),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000 + b"\r\n",
    ],
    ids=["told", "until the end", "in chunks"],
)  # fmt: skip
def test_more_bytes_than_allowed(keys, near, answer):
    with Service(keys, answer) as service:
        assert "more than 1000 bytes" in refused(service, near)


def test_as_many_bytes_as_allowed(keys, near):
    with Service(keys, page(b"x" * 1000)) as service:
        assert len(ask(service, near).body) == 1000


SLOW = [bytes([byte]) for byte in page(b"x" * 200)]


@pytest.mark.parametrize("ready", [0, 8, 70], ids=["at once", "in the head", "in the body"])
def test_the_time_is_for_the_whole_answer(keys, near, ready):
    """A byte every 20 ms keeps a limit for each read from ever being reached."""
    pieces = [b"".join(SLOW[:ready]), *SLOW[ready:]]
    with Service(keys, *pieces, pause=0.02) as service:
        assert "within 0.4 seconds" in refused(service, near, seconds=0.4)


def test_a_server_that_never_speaks_tls(keys, near):
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        host = f"localhost:{quiet.getsockname()[1]}"
        said = refused(None, near, host=host, hosts=frozenset({host}), seconds=0.3)
    assert "within 0.3 seconds" in said


def test_a_resolver_that_never_answers(near):
    never = threading.Event()
    net = replace(near, resolve=lambda _host, _port: never.wait(20) or [])
    try:
        hosts = frozenset({"a.example"})
        said = refused(None, net, host="a.example", hosts=hosts, seconds=0.2)
    finally:
        never.set()
    assert "within 0.2 seconds" in said


def test_the_first_address_may_be_dead(keys, near):
    with Service(keys, page()) as service:
        places = [("127.0.0.1", 1), ("127.0.0.1", service.port)]
        assert ask(service, replace(near, resolve=lambda *_: places)).status == 200


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"],
    ids=["nothing", "nonsense", "half a body", "half a chunk"],
)  # fmt: skip
def test_half_an_answer(keys, near, answer):
    with Service(keys, answer) as service:
        assert refused(service, near).startswith(f"localhost:{service.port}"[:9])


def test_nobody_there(near):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        host = f"localhost:{gone.getsockname()[1]}"
    assert "refused" in refused(None, near, host=host, hosts=frozenset({host}))


def test_a_name_that_does_not_exist(near):
    def unknown(_host, _port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    hosts = frozenset({"gone.example"})
    said = refused(None, replace(near, resolve=unknown), host="gone.example", hosts=hosts)
    assert said == "gone.example cannot be asked (Name or service not known)"


def test_a_certificate_nobody_vouches_for(keys):
    with Service(keys, page()) as service:
        net = Net(allowed=lambda _: True)
        assert "not trusted" in refused(service, net)
    assert service.heard == []


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_of_long_ago_is_not_spoken(keys, near, newest):
    def lenient():
        context = ssl.create_default_context(cafile=keys[0])
        speak_old(context, newest)
        return context

    with Service(keys, page(), newest=newest) as service:
        assert ask(service, replace(near, context=lenient)).status == 200, "others could"
        assert "cannot be asked" in refused(service, near)
    assert len(service.heard) == 1


def test_other_services_and_providers_are_asked_by_tls_1_2_with_a_certificate():
    """Whatever the system's own OpenSSL would take; bounces are fetched by the first, too."""
    for context in (INTERNET.context(), authorities()):
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname


def test_a_certificate_of_another_host(keys, near):
    """Wherever the address leads, the certificate must be that of the name that was asked for."""
    with Service(keys, page()) as service:
        net = replace(near, resolve=lambda *_: [("127.0.0.1", service.port)])
        said = refused(None, net, host="a.example", hosts=frozenset({"a.example"}))
    assert "not trusted" in said
    assert service.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "http://a.example/", "ftp://a.example/", "//a.example/", "a.example", "",
        "https://b.example/", "https://a.example.b.example/", "https://xa.example/",
        "https://a.example:444/", "https://a.example:0/x", "https://a.example:x/",
        "https://ann@a.example/", "https://a.example@b.example/", "https://b.example#a.example",
        "https://a.example\\@b.example/", "https://a.example/x y", "https://a.exa\nmple/",
        "https://a.example/\r\nX-Evil: 1", "https://a\u3002example/", "https://a.example./",
        "https://[::1]/", "https://127.0.0.1/", "https:///a.example", "https://[a.example/",
    ],
)  # fmt: skip
def test_addresses_that_are_not_even_looked_up(address):
    asked = []
    net = Net(resolve=lambda *place: asked.append(place) or [])
    with pytest.raises(OutboundError):
        outbound.get(address, hosts=frozenset({"a.example"}), most=1, seconds=1, net=net)
    assert asked == []


@pytest.mark.parametrize(
    ("host", "pinned", "found"),
    [
        ("a.example", "a.example", True), ("A.Example", "a.example", True),
        ("x.a.example", ".a.example", True), ("a.example", ".a.example", False),
        ("xa.example", ".a.example", False), ("x.a.example", "a.example", False),
        ("a.example:8443", "a.example:8443", True), ("a.example:8443", ".example", False),
        ("a.example:443", "a.example", True),
    ],
)  # fmt: skip
def test_which_hosts_are_meant(host, pinned, found):
    asked = []
    net = Net(resolve=lambda *place: asked.append(place) or [])
    with pytest.raises(OutboundError):  # none of them has an address here
        outbound.get(f"https://{host}/", hosts=frozenset({pinned}), most=1, seconds=1, net=net)
    assert bool(asked) is found


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1",
        "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_public(address)
    net = replace(INTERNET, resolve=lambda _host, port: [("8.8.8.8", port), (address, port)])
    said = refused(None, net, host="a.example", hosts=frozenset({"a.example"}))
    assert said == "a.example leads to an address that is not public"


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "54.240.0.1", "2600:9000::1", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_addresses_that_are_public(address):
    assert is_public(address)


def test_this_machine_is_refused_by_default(keys):
    with Service(keys, page()) as service:
        assert "not public" in refused(service, INTERNET)
    assert service.heard == []
