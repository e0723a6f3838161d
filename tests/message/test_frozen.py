"""The bytes of a mail stay what they were: log and receipt promise that a rebuild is the same."""

import hashlib
from dataclasses import replace

import pytest

from mailer.message import compose
from tests.message.mails import ANN, FRENCH

HARD = "Dear you,\n\n" + "This line was broken by its writer, as on a typewriter.\n" * 20
MAILS = {
    "plain": ANN,
    "short lines": replace(ANN, text=HARD),
    "a long line": replace(ANN, text="Dear you,\n\n" + "word " * 400 + "\n\nAnn\n"),
    "French": FRENCH,
    "French, twenty pages": replace(FRENCH, text=FRENCH.text * 20),
    "a body without salutation": replace(FRENCH, text="é" * 200),
    "lines that servers change": replace(
        ANN, text="From here\n\n.\nFrom é\nblank \ntab\t\n\nFrom there\n.\n" + "é" * 80 + " From \n"
    ),
    "ends of paragraphs inside": replace(ANN, text="<p>é</p>\n</p>\n\n\n \n\n&amp; <br>\n"),
    "lines of 74 to 79": replace(ANN, text="é\n\n" + "\n".join("x" * n for n in range(74, 80))),
    "quotes": replace(ANN, from_name='Ann "the pen" \\ Example', to_name='"', reply_name="\\"),
    "names of another script": replace(ANN, from_name="李小龙 " * 30, reply_name="🙂é" * 40),
    "accents all along": replace(
        ANN, subject="é" * 300, to_name="a" * 60 + "éé", reply_name="é=_?"
    ),
    "both encodings as long": replace(ANN, reply_name="éabcdef"),
    "folded": replace(ANN, subject="A word " * 60, from_name="Ann " * 60, to_name="x" * 200),
    "spaces": replace(ANN, subject="  a   b  ", to_name=" \u00a0 Sam\u00a0Sample ", reply_name=" "),
    "another domain": replace(ANN, reply_address="ann@müller.example", from_name=""),
    "ours": replace(
        ANN, reply_address="", auto=True, linked=True, date=951_782_399.999,
        text="Open é:\n\nhttps://letters.example/a?b=1&c=2\n",
    ),
    "text alone": replace(ANN, html=False),
    "French alone": replace(FRENCH, html=False),
}  # fmt: skip
DIGESTS = {
    "plain": "a6fef8df93799dda24400b1991826279fc25edbaca2a2da08b4563b51c396a07",
    "short lines": "c1ca7ec31a5b1ca03b9276a368fa8fba542b45da31e92315523189134571d7ce",
    "a long line": "47b16181a39bb7b3372f634259d84fc1e37d2e0ef04e8b35aabd934ba6f4ef2d",
    "French": "82dc3704515247f1a5a4934ad011af6e08d78aa7fac1ec8654777709838db160",
    "French, twenty pages": "4fd0c0aeb51a343efa267236675ff3a3734fdd77336fbec8a3f3ede4dbe5bb35",
    "a body without salutation": "30e628f9116ebb4b7c4152a0f8109894a363cdabd706c8bb642b9daaff1e0870",
    "lines that servers change": "c1145338fe4881df1cbc2f04e597a0275598c210fa6a9cf6f9042678981da12a",
    "ends of paragraphs inside": "bf1c4f8ed69c61fad18d8ac954c5b5320a873ad48b9ea6df185e04ddf9a0d06f",
    "lines of 74 to 79": "e540c19fab667aa937dfa1aa417ff1388a639c5b2d8b26c282a198c5bbf706f5",
    "quotes": "f30ffe0816c65aaf01b499eda868014456c93a70a4288c0bd51180fde79263e8",
    "names of another script": "af9036b6f0f3c47be497205acffdf032c1abe4cbf371d388a0c74d2f2e1c4315",
    "accents all along": "d6a3a208c5a59d37dcebe6a48d6ac522a42720bc37d796ee2903a92345cacbee",
    "both encodings as long": "4dd32761a33070c00f05e3c9c61e7aa63048257b6026702ba708bd62c5e43253",
    "folded": "23a8cd480b6295228592085c9e1b48f1d66fb701b43dd3d6b4f0a7b3e6697e4f",
    "spaces": "2929dc66e61dbb7f4dd185528ccc78aba625161098fbb5aae6660fd6a09306bb",
    "another domain": "98b8cf4ba664c0fbddbc25e65fcf22209ebfd48446ae5f22274f99bc86481b03",
    "ours": "bc109dce22863a35abf67f9733c11ce84b8dc772ddbf057fef92e70f4967f985",
    "text alone": "3d8ae0fcaae556eea79329cb781e071fab085847dc72ba0fa76794552d2eddc6",
    "French alone": "7d0bca3d06f1ed54170a070cceef6e334caa6f6f44ec91da7c7457c2ecbb68f1",
}


@pytest.mark.parametrize("name", MAILS)
def test_the_bytes_of_a_mail_never_change(name):
    for _ in range(2):  # the second time some of it is remembered
        assert hashlib.sha256(compose(MAILS[name])).hexdigest() == DIGESTS[name]


def test_a_letter_does_not_depend_on_those_before_it():
    others = [replace(FRENCH, text=f"{FRENCH.text} {number}") for number in range(130)]
    for mail in [*others, *MAILS.values()]:
        compose(mail)
    for name, mail in reversed(MAILS.items()):
        assert hashlib.sha256(compose(mail)).hexdigest() == DIGESTS[name]
