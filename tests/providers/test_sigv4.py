"""Signature Version 4, byte for byte as botocore makes it."""

from datetime import UTC, datetime
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.transports.api.base import Request
from mailer.transports.api.sigv4 import Signer

SIGNER = Signer(key="AKIDEXAMPLE", secret="wJalr/XUtnFEMI+K7", region="us-east-1", service="ses")


def judged(request, signer):
    """The request as botocore signs it, now; the moment it chose; and its headers."""
    theirs = AWSRequest(request.method, request.url, dict(request.headers), request.body)
    keys = Credentials(signer.key, signer.secret, signer.token or None)
    SigV4Auth(keys, signer.service, signer.region).add_auth(theirs)
    stamp = theirs.headers["X-Amz-Date"]
    moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return dict(theirs.headers.items()), moment.timestamp()


TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30)
WORD = st.text("abcXYZ019-", min_size=1, max_size=12)
SEGMENT = TEXT.map(lambda text: quote(text, safe="")).filter(lambda text: set(text) - {"."})
PAIR = st.tuples(TEXT, TEXT).map(lambda p: "=".join(quote(part, safe="-_.~") for part in p))
HOST = st.sampled_from(
    ["email.us-east-1.amazonaws.com", "Email.ca-central-1.amazonaws.com:443", "127.0.0.1:5000",
     "localhost:80", "[::1]:5000"]
)  # fmt: skip
REQUESTS = st.builds(
    lambda method, scheme, host, path, query, headers, body: Request(
        method=method,
        url=f"{scheme}://{host}/{'/'.join(path)}{'?' if query else ''}{'&'.join(query)}",
        headers={f"X-{name}": value for name, value in headers.items()},
        body=body,
    ),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.sampled_from(["http", "https"]),
    HOST,
    st.lists(SEGMENT, max_size=4),
    st.lists(PAIR, max_size=4),
    st.dictionaries(WORD.map(str.lower), TEXT, max_size=4),
    st.binary(max_size=200),
)
SIGNERS = st.builds(
    Signer, key=WORD, secret=TEXT, token=st.one_of(st.just(""), WORD),
    region=st.sampled_from(["us-east-1", "eu-west-3", "cn-north-1"]),
    service=st.sampled_from(["ses", "sns"]),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(REQUESTS, SIGNERS)
def test_as_botocore_signs(request_, signer):
    theirs, now = judged(request_, signer)
    assert dict(signer.sign(request_, now + 0.9).headers) == theirs


def test_what_is_sent_is_what_was_given():
    given_ = Request(
        url="https://email.us-east-1.amazonaws.com/v2/x", headers={"A": "b"}, body=b"c"
    )
    signed = SIGNER.sign(given_, 1_800_000_000.0)
    assert (signed.method, signed.url, signed.body) == ("POST", given_.url, b"c")
    assert signed.headers["A"] == "b"
    assert signed.headers["X-Amz-Date"] == "20270115T080000Z"
    assert "Host" not in signed.headers  # whoever sends it writes that one


def test_every_part_counts():
    """A signature is for one request at one time, by one key, and for nothing else."""
    base = Request(url="https://a.example/x", headers={"A": "b"}, body=b"c")
    others = [
        Request(url="https://b.example/x", headers={"A": "b"}, body=b"c"),
        Request(url="https://a.example/y", headers={"A": "b"}, body=b"c"),
        Request(url="https://a.example/x?y=1", headers={"A": "b"}, body=b"c"),
        Request(url="https://a.example/x", headers={"A": "c"}, body=b"c"),
        Request(url="https://a.example/x", headers={"A": "b"}, body=b"d"),
        Request(url="https://a.example/x", headers={"A": "b"}, body=b"c", method="PUT"),
    ]
    proofs = {SIGNER.sign(each, 1e9).headers["Authorization"] for each in [base, *others]}
    proofs.add(SIGNER.sign(base, 1e9 + 1).headers["Authorization"])
    assert len(proofs) == len(others) + 2


def test_the_secret_is_not_shown():
    signer = Signer(key="AKID", secret="s3cret", token="t0ken", region="r", service="ses")
    assert "s3cret" not in repr(signer)
    assert "t0ken" not in repr(signer)
    shown = repr(signer.sign(Request(url="https://a.example/"), 1e9))
    assert "Signature" not in shown
