"""The finished-message check sees what the writer did not mean."""

import pytest

from mailer.errors import HeaderError
from mailer.message import compose, text_to_html
from mailer.message.check import check
from mailer.message.values import cleaned
from tests.message.mails import ANN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Bcc: v@x.example\r\nSubject: "),
        (b"To: ", b"To: v@x.example\r\nTo: "),
        (b'"Ann Example" <ann@', b'v@x.example, "Ann Example" <ann@'),
        (b"<letters@", b"<lettres@"),
        (b"Remote exams", b"Remote exam"),
        (b"Remote exams", b"=?utf-8?q?Remote?= exams"),
        (b"12:00:00", b"12:00:01"),
        (b"12:00:00 +0000", b"noon"),
        (b"<k2l3m4@", b"<k2l3m5@"),
        (b"MIME-Version: 1.0\r\n", b""),
        (b"1.0", b"2.0"),
        (b"alternative", b"mixed"),
        (b"text/html", b"text/plain"),
        (b"charset=utf-8", b"charset=utf-7"),
        (b"read this", b"read that"),
        (b"<p>Please", b"<p>please"),
        (b"read this.\r\n", b"read this.\n"),
        (b"read this.", b"read\0this."),
        (b"read this.", b"r\xe9ad this."),
        (b"read this.", b"x" * 999),
        (b"Subject: Remote", b"Subject Remote"),
        (b"--\r\n", b"--\r\nmore\r\n"),
        (b"\r\n\r\n--", b"\r\n\r\npreamble\r\n--"),
    ],
)
def test_the_check_sees_every_change(old, new):
    mail, data = cleaned(ANN), compose(ANN)
    check(data, mail, text_to_html(mail.text))
    assert old in data
    with pytest.raises(HeaderError):
        check(data.replace(old, new, 1), mail, text_to_html(mail.text))
