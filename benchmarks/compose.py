"""One letter to bytes: ours, checked when finished, against EmailMessage building the same.

They take turns, so that a slow moment of the machine hits both; the ratio is what counts.
Run it with: python -m benchmarks.compose [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

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


def main() -> None:
    """Measure both, print the figures and their ratio."""
    rounds, size = load.numbers(7, 200)
    mine, theirs = [], []
    for _ in range(rounds):
        mine.append(rate(compose, size))
        theirs.append(rate(built, size))
    print(f"compose: {size} letters a round, {len(compose(MAIL)):,} bytes each")
    a = load.report("mailer, checked", mine, "/s")
    b = load.report("EmailMessage, unchecked", theirs, "/s")
    print(f"{1000 / a:.2f} ms against {1000 / b:.2f} ms, ratio {a / b:.1f}")


def rate(make: Callable[[Mail], bytes], size: int) -> float:
    """Letters a second."""
    began = time.perf_counter()
    for _ in range(size):
        make(MAIL)
    return size / (time.perf_counter() - began)


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
