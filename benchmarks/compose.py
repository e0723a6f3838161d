"""Letters to bytes: ours, checked when finished, against EmailMessage building the same.

Two cases in two languages: one supporter's letter to many officials (salutation, recipient and
Message-ID differ), and letters of which every value and every paragraph differ.
They take turns, so that a slow moment of the machine hits both; the ratio is what counts.
Run it with: python -m benchmarks.compose [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial

from benchmarks import load
from mailer.message import Mail, compose, text_to_html

TEXT = (
    "Dear Minister Sample,\n\n"
    + "I write about remote exams in our colleges, and about what they ask of students. " * 6
    + "\n\n"
    + "« Une chambre n'est pas une salle d'examen », and nobody should have to show theirs. " * 6
    + "\n\n"
    + "A camera that judges where I look does not know me, nor who shares my table. " * 8
    + "\n\nSincerely,\n\nZoë Example\n12 Sample Street\nM5V 0A1\n"
)
MAIL = Mail(
    from_name="Zoë Example via Fair Exams for Every College",
    from_address="letters@campaign.example",
    to_name="The Honourable Sam Sample",
    to_address="minister@ministry.example",
    reply_name="Zoë Example",
    reply_address="zoe@home.example",
    subject="Remote exams must not come with a camera in our homes",
    text=TEXT,
    message_id="k2l3m4n5@campaign.example",
    date=1_593_691_200.0,
)


FRENCH = replace(
    MAIL,
    from_name="Zoé Exemple via Des examens équitables pour chaque collège",
    to_name="L’honorable Élise Échantillon",
    reply_name="Zoé Exemple",
    subject="Des examens à distance sans caméra dans nos chambres",
    text="Madame la Ministre,\n\n"
    + "Je vous écris à propos des examens à distance et de ce qu’ils exigent de nous. " * 6
    + "\n\n"
    + "« Une chambre n’est pas une salle d’examen », et nul ne devrait montrer la sienne. " * 6
    + "\n\n"
    + "Une caméra qui juge où je regarde ne me connaît pas, ni qui partage ma table. " * 8
    + "\n\nJe vous prie d’agréer mes salutations.\n\nZoé Exemple\n12, rue de l’Exemple\n",
    language="fr",
)


def main() -> None:
    """Measure each case, print the figures and the ratios."""
    rounds, size = load.numbers(7, 248)
    print(f"compose: {size} letters a round")
    for language, mail in {"English": MAIL, "French": FRENCH}.items():
        compare(f"{language}, one letter to many", partial(to_many, mail, size), rounds)
        compare(f"{language}, all different", partial(all_different, mail, size), rounds)


def to_many(mail: Mail, size: int) -> list[Mail]:
    """What one supporter after the other says to each of 124 officials."""
    greeting, _, rest = mail.text.partition("\n\n")
    return [
        replace(
            mail,
            to_name=f"{mail.to_name} {number % 124}",
            to_address=f"minister-{number % 124}@ministry.example",
            text=f"{greeting} {number % 124},\n\n{rest}{number // 124}\n",
            message_id=f"k2l3m4n{number}@campaign.example",
        )
        for number in range(size)
    ]


def all_different(mail: Mail, size: int) -> list[Mail]:
    """Letters that share nothing but the address they come from."""
    return [
        replace(
            mail,
            from_name=f"{number} {mail.from_name}",
            to_name=f"{mail.to_name} {number}",
            to_address=f"minister-{number}@ministry.example",
            reply_name=f"{mail.reply_name} {number}",
            reply_address=f"zoe-{number}@home.example",
            subject=f"{mail.subject} {number}",
            text=mail.text.replace("\n\n", f" {number}\n\n") + f"{number}\n",
            message_id=f"k2l3m4n{number}@campaign.example",
            date=mail.date + number,
        )
        for number in range(size)
    ]


def compare(case: str, make: Callable[[], Sequence[Mail]], rounds: int) -> None:
    """Print what both do with these letters, made anew each time: what is known of one that was
    composed before would make it quicker."""
    mine, theirs = [], []
    for _ in range(rounds):
        mails = make()
        mine.append(rate(compose, mails))
        theirs.append(rate(built, mails))
    print(f"{case}, {len(compose(mails[0])):,} bytes each")
    a = load.report("mailer, checked", mine, "/s")
    b = load.report("EmailMessage, unchecked", theirs, "/s")
    print(f"{1e6 / a:.0f} µs against {1e6 / b:,.0f} µs, ratio {a / b:.1f}")


def rate(make: Callable[[Mail], bytes], mails: Sequence[Mail]) -> float:
    """Letters a second."""
    began = time.perf_counter()
    for mail in mails:
        make(mail)
    return len(mails) / (time.perf_counter() - began)


def built(mail: Mail) -> bytes:
    """The same mail through Python's own package, unchecked."""
    message = EmailMessage(policy.SMTP)
    message["From"] = Address(mail.from_name, addr_spec=mail.from_address)
    message["To"] = Address(mail.to_name, addr_spec=mail.to_address)
    message["Reply-To"] = Address(mail.reply_name, addr_spec=mail.reply_address)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.date, UTC))
    message["Message-ID"] = f"<{mail.message_id}>"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(text_to_html(mail.text), subtype="html", cte="quoted-printable")
    return message.as_bytes()


if __name__ == "__main__":
    main()
