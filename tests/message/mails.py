"""A mail for the tests, values that are meant to break one, and what both judges must find."""

from dataclasses import replace

from mailer.message import Mail, compose, text_to_html
from mailer.message.values import cleaned
from tests.message import foreign
from tests.message.judge import judge

ANN = Mail(
    from_name="Ann Example via Fair Exams",
    from_address="letters@campaign.example",
    to_name="The Honourable Sam Sample",
    to_address="minister@ministry.example",
    reply_name="Ann Example",
    reply_address="ann@home.example",
    subject="Remote exams",
    text="Dear Minister Sample,\n\nPlease read this.\n\nAnn Example\n",
    message_id="k2l3m4@campaign.example",
    date=1_593_691_200.7,
)
FRENCH = replace(
    ANN,
    from_name="Élise Exemple via Des examens équitables pour chaque collège de la province",
    to_name="L’honorable Zoé Échantillon",
    reply_name="Élise Exemple",
    subject="Des examens à distance sans caméra dans les chambres des étudiantes, s’il vous plaît",
    text="Madame la Ministre,\n\n"
    + "Je vous écris à propos des examens à distance, et de ce qu’ils exigent. " * 6
    + "\n\n« Une chambre n’est pas une salle d’examen » : voilà tout.\n\nÉlise Exemple\n",
    language="fr",
)

HOSTILE = [
    "Jo\r\nBcc: victim@home.example",
    "Jo\nBcc: victim@home.example",
    "Jo\rBcc: victim@home.example",
    "Jo\0hn",
    "=?utf-8?q?Jo=0d=0aBcc=3a_v=40x=2eexample?=",
    "=?",
    "Jo\u2028Bcc: victim@home.example",
    "Jo\x85Bcc: victim@home.example",
    "Jo\u202egnp.exe",
    "Jo\u200bhn",
    "Jo\ud800hn",
    "Jo\x1fhn",
]
TRICKY = [
    'Ann "the pen" Example',
    "Jean Tremblay <minister@ontario.example>, Mary via Some Long Campaign Name",
    "Élise Müller <minister@ontario.example>, Mary",
    "Ann, Bob; Carol: undisclosed:;",
    "{{7*7}} ${7*7} %recipient.email%",
    'back\\slash \\" \\',
    '"',
    "\\",
    "(comment) Ann (comment",
    "Ann@home.example",
    "<>",
    ".",
    "?=",
    "=",
    "=41=42 _ ",
    "👩🏽‍🎓 Zoë",
    "李小龙" * 40,
    "é" * 300,
    "x" * 1500,
    "word " * 300,
    "MIME-Version: 1.0",
    "Ann\u00a0Example\u3000",
    "\u00a0",
    "שלום עולם",
    "é" + " " * 200 + "a",
    '"' * 200,
    "a" * 70 + " é",
    "A" * 61 + '" <x@y.example>, "' + "B" * 40,
]


def bare(addresses):
    """Names without white space, for Python puts some between encoded-words (RFC 2047, 6.2)."""
    return {
        field: [["".join(name.split()), address] for name, address in pairs]
        for field, pairs in addresses.items()
    }


def judged(mail, data, verdict):
    """Assert that a parser read exactly the cleaned mail."""
    mail = cleaned(mail)
    names = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID"]
    names += ["Auto-Submitted"] * mail.auto
    names += ["List-Unsubscribe", "List-Unsubscribe-Post"] * bool(mail.unsubscribe)
    heads = ["Content-Type", "Content-Transfer-Encoding"]
    alone = not mail.html and not mail.enclosed
    names += ["MIME-Version", *(heads if alone else heads[:1])]
    addresses = {
        "From": [[mail.from_name, mail.from_address]],
        "To": [[mail.to_name, mail.to_address]],
        "Reply-To": [[mail.reply_name, mail.reply_address]],
    }
    if not mail.reply_address:
        names.remove("Reply-To")
        del addresses["Reply-To"]
    assert verdict["names"] == names
    assert bare(verdict["addresses"]) == bare(addresses)
    assert verdict["subject"] == mail.subject
    assert verdict["date"] == int(mail.date)
    assert verdict["id"] == f"<{mail.message_id}>"
    several = f"multipart/{'mixed' if mail.enclosed else 'alternative'}"
    assert verdict["kind"] == ("text/plain" if alone else several)
    assert verdict["unsubscribe"] == (f"<{mail.unsubscribe}>" if mail.unsubscribe else None)
    if mail.enclosed:
        attached = ["Content-Type", "Content-Disposition", "Content-Transfer-Encoding"]
        assert verdict["enclosed"] == [attached, "attachment", "message/rfc822"]
        assert data.count(mail.enclosed) == 1
    ended = not mail.text or mail.text.endswith("\n")
    text = mail.text if ended or not alone else f"{mail.text}\n"
    expected = [[names if alone else heads, "text/plain", text]]
    if mail.html:
        expected.append([heads, "text/html", text_to_html(mail.text, mail.language)])
    assert verdict["parts"] == expected
    assert verdict["defects"] == []
    assert max(map(len, data.split(b"\r\n"))) <= 998


def read_back(mail):
    """The message, as Python's parser and one that shares nothing with it have read it."""
    data = compose(mail)
    judged(mail, data, judge(data))
    judged(mail, data, foreign.judge(data))
    return data
