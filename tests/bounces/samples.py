"""Bounces written by us, in the forms that mail systems give them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

from mailer.message import tokens

KEYS = ("k" * 40,)
DOMAIN = "reply.campaign.example"
LETTER = "01hzxk2m3m4n5p6q7r8s9t0vwx"


def verp(letter: str) -> str:
    """The address for a letter's bounces."""
    return tokens.for_bounces(letter, "letters@campaign.example", DOMAIN, KEYS)


def alias(letter: str) -> str:
    """The address at which a letter is answered."""
    return tokens.for_answers(letter, DOMAIN, KEYS)


VERP, ALIAS = verp(LETTER), alias(LETTER)
TO = "minister@ministry.example"

RETURNED = f"""\
Return-Path: <{VERP}>
From: "Ann Example via Fair Exams" <letters@campaign.example>
To: "The Honourable Sam Sample" <{TO}>
Reply-To: "Ann Example" <ann@home.example>
Subject: Remote exams
Message-ID: <{LETTER}@campaign.example>

Dear Minister Sample,
"""


@dataclass(frozen=True, kw_only=True)
class Sample:
    name: str
    data: bytes
    kind: str
    recipient: str = TO
    code: str = ""
    final: bool = True


def of_letter(data: bytes, key: str) -> bytes:
    """A sample that speaks of another letter."""
    for make in (verp, alias):
        data = data.replace(make(LETTER).encode(), make(key).encode())
    return data.replace(LETTER.encode(), key.encode())


def plain(text: str, subject: str, sender: str = "MAILER-DAEMON@mx.office.example") -> bytes:
    head = f"Return-Path: <>\nFrom: {sender}\nTo: letters@campaign.example\nSubject: {subject}\n\n"
    return (head + dedent(text)).encode()


def report(words: str, fields: str, subject: str = "Undelivered Mail Returned to Sender") -> bytes:
    """A report of RFC 3464 with our letter behind it."""
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.office.example (Mail Delivery System)\n"
        f"To: {VERP}\nSubject: {subject}\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x=_1"\n\n'
        f"--x=_1\nContent-Type: text/plain; charset=us-ascii\n\n{dedent(words)}\n"
        "--x=_1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.office.example\n\n"
        f"{dedent(fields)}\n--x=_1\nContent-Type: message/rfc822\n\n{RETURNED}\n--x=_1--\n"
    ).encode()


def failed(diagnostic: str, status: str, words: str = "It could not be delivered.") -> bytes:
    return report(
        words,
        f"Final-Recipient: rfc822; {TO}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {diagnostic}\n",
    )


HARD = (
    Sample(
        name="RFC 3464",
        data=failed(f"550 5.1.1 <{TO}>: Recipient address rejected: User unknown", "5.1.1"),
        kind="hard", code="550 5.1.1",
    ),
    Sample(
        name="RFC 3464, nothing but a status",
        data=report("Sorry.", f"Original-Recipient: rfc822;{TO}\nFinal-Recipient: rfc822;"
                              "someone@else.example\nAction: failed\nStatus: 5.1.1\n"),
        kind="hard", code="5.1.1",
    ),
    Sample(
        name="RFC 3464, no such domain",
        data=failed("Host or domain name not found. Name service error for name=ministry.example"
                    " type=MX: Host not found", "5.4.4"),
        kind="hard", code="5.4.4",
    ),
    Sample(
        name="RFC 3464 whose border does not match",
        data=failed(f"550 5.1.1 <{TO}>: no such user", "5.1.1").replace(b'"x=_1"', b'"y=_2"'),
        kind="hard", code="550 5.1.1",
    ),
    Sample(
        name="RFC 3464 in base64, which it forbids",
        data=b"From: postmaster@office.example\nSubject: Undeliverable: Remote exams\n"
             b"MIME-Version: 1.0\nContent-Type: multipart/report; boundary=x\n\n--x\n"
             b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
             b"RmluYWwtUmVjaXBpZW50OiByZmM4MjI7bWluaXN0ZXJAbWluaXN0cnkuZXhhbXBsZQpBY3Rpb246\n"
             b"IGZhaWxlZApTdGF0dXM6IDUuMS4xCg==\n--x--\n",
        kind="hard", code="5.1.1",
    ),
    Sample(
        name="Postfix",
        data=report(
            f"""\
            This is the mail system at host mx.campaign.example.

            I'm sorry to have to inform you that your message could not
            be delivered to one or more recipients. It's attached below.

            <{TO}>: host mail.ministry.example[192.0.2.7] said: 550 5.1.1
                <{TO}>... User unknown (in reply to RCPT TO command)
            """,
            f"Final-Recipient: rfc822; {TO}\nOriginal-Recipient: rfc822;{TO}\nAction: failed\n"
            f"Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <{TO}>... User unknown\n"),
        kind="hard", code="550 5.1.1",
    ),
    Sample(
        name="qmail",
        data=plain(
            f"""\
            Hi. This is the qmail-send program at office.example.
            I'm afraid I wasn't able to deliver your message to the following addresses.
            This is a permanent error; I've given up. Sorry it didn't work out.

            <{TO}>:
            Sorry, no mailbox here by that name. (#5.1.1)

            --- Below this line is a copy of the message.

            """,
            "failure notice") + RETURNED.encode(),
        kind="hard", code="5.1.1",
    ),
    Sample(
        name="Exim",
        data=plain(
            f"""\
            This message was created automatically by mail delivery software.

            A message that you sent could not be delivered to one or more of its
            recipients. This is a permanent error. The following address(es) failed:

              {TO}
                host mail.ministry.example [192.0.2.7]
                SMTP error from remote mail server after RCPT TO:<{TO}>:
                550 5.1.1 <{TO}>: user unknown

            ------ This is a copy of the message, including all the headers. ------

            """,
            "Mail delivery failed: returning message to sender") + RETURNED.encode(),
        kind="hard", code="550 5.1.1",
    ),
    Sample(
        name="Exim, by its header",
        data=plain("The following address(es) failed:\n\n    Unrouteable address\n",
                   f"Mail delivery failed\nX-Failed-Recipients: {TO}"),
        kind="hard",
    ),
    Sample(
        name="Sendmail of old",
        data=plain(
            f"""\
            The original message was received at Thu, 2 Jul 2020 12:00:00 -0400

               ----- The following addresses had permanent fatal errors -----
            <{TO}>

               ----- Transcript of session follows -----
            ... while talking to mail.ministry.example.:
            >>> RCPT To:<{TO}>
            <<< 550 <{TO}>... User unknown
            550 <{TO}>... User unknown

               ----- Original message follows -----
            """,
            "Returned mail: User unknown") + RETURNED.encode(),
        kind="hard", code="550",
    ),
    Sample(
        name="Exchange Online",
        data=plain(
            f"""\
            Your message to {TO} couldn't be delivered.

            {TO} wasn't found at ministry.example.

            Diagnostic information for administrators:
            Generating server: CA1PR01.prod.exchangelabs.example
            {TO}
            Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient
            {TO} not found by SMTP address lookup'

            Original message headers:
            """,
            "Undeliverable: Remote exams", "postmaster@ministry.example") + RETURNED.encode(),
        kind="hard", code="550 5.1.10",
    ),
    Sample(
        name="Exchange 2003",
        data=plain(
            f"""\
            Your message

              To:      Sam Sample
              Subject: Remote exams
              Sent:    Thu, 2 Jul 2020 12:00:00 -0400

            did not reach the following recipient(s):

            {TO} on Thu, 2 Jul 2020 12:00:02 -0400
                The recipient name is not recognized
                MSEXCH:IMS:Ministry:Office:MX1 0 (000C05A6) Unknown Recipient
            """,
            "Undeliverable: Remote exams", "System Administrator <postmaster@office.example>"),
        kind="hard",
    ),
    Sample(
        name="Gmail",
        data=plain(
            f"""\
            ** Address not found **

            Your message wasn't delivered to {TO} because the address couldn't be
            found, or is unable to receive mail.

            The response was:

            550 5.1.1 The email account that you tried to reach does not exist. Please try
            double-checking the recipient's email address for typos or unnecessary spaces.
            """,
            "Delivery Status Notification (Failure)",
            "Mail Delivery Subsystem <mailer-daemon@googlemail.example>"),
        kind="hard", code="550 5.1.1",
    ),
    Sample(
        name="Domino",
        data=plain(
            f"""\
            Your message

              Subject: Remote exams

            was not delivered to:

              {TO}

            because:

              User sample ({TO}) not listed in Domino Directory
            """,
            "DELIVERY FAILURE: User sample not listed in Domino Directory",
            "Postmaster@office.example"),
        kind="hard",
    ),
    Sample(
        name="Mimecast",
        data=plain(
            f"""\
            An email that you attempted to send to the following address could not be delivered:
            -- {TO}

            The problem appears to be :
            -- Recipient email address is possibly incorrect

            Additional information follows :
            -- 5.1.1 [{TO}]: Recipient address rejected: no such recipient
            """,
            "[Postmaster] Email Delivery Failure", "postmaster@office.example"),
        kind="hard", code="5.1.1",
    ),
    Sample(
        name="IMail",
        data=plain(f"Unknown user: {TO}\n\nInvalid final delivery userid: {TO}\n",
                   "Undeliverable Mail", "Postmaster <postmaster@office.example>"),
        kind="hard",
    ),
    Sample(
        name="German",
        data=plain(
            f"""\
            Ihre Nachricht konnte nicht zugestellt werden.

            <{TO}>: 550 5.1.1 Der Empfänger existiert nicht.
            """,
            "Unzustellbar: Remote exams", "postmaster@office.example"),
        kind="hard", code="550 5.1.1",
    ),
    Sample(
        name="French",
        data=plain(
            f"""\
            Votre message n'a pas pu être remis à {TO} :
            l'adresse du destinataire n'existe pas (550 5.1.1).
            """,
            "Non remis : Remote exams", "postmaster@office.example"),
        kind="hard", code="550 5.1.1",
    ),
    Sample(
        name="Spanish",
        data=plain(
            f"""\
            No se pudo entregar su mensaje a {TO}:
            550 5.1.1 usuario desconocido
            """,
            "No entregado: Remote exams", "postmaster@office.example"),
        kind="hard", code="550 5.1.1",
    ),
)  # fmt: skip

SOFT = (
    Sample(
        name="full", kind="soft", code="552 5.2.2",
        data=failed("552 5.2.2 Mailbox is full: quota exceeded", "5.2.2"),
    ),
    Sample(
        name="policy", kind="soft", code="550 5.7.1",
        data=failed("550 5.7.1 Message rejected due to content restrictions", "5.7.1"),
    ),
    Sample(
        name="DMARC", kind="soft", code="550 5.7.26",
        data=failed("550-5.7.26 Unauthenticated email from campaign.example is not accepted due"
                    " to domain's DMARC policy", "5.7.26"),
    ),
    Sample(
        name="relaying", kind="soft", code="554 5.7.1",
        data=failed(f"554 5.7.1 <{TO}>: Relay access denied", "5.7.1"),
    ),
    Sample(
        name="too large", kind="soft", code="552 5.3.4",
        data=failed("552 5.3.4 Message size exceeds fixed limit", "5.3.4"),
    ),
    Sample(
        name="switched off", kind="soft", code="525 5.7.13",
        data=failed("525 5.7.13 Disabled recipient address", "5.7.13"),
    ),
    Sample(
        name="given up", kind="soft", code="4.4.1",
        data=failed("connect to mail.ministry.example[192.0.2.7]:25: Connection timed out",
                    "4.4.1"),
    ),
    Sample(
        name="no reason told", kind="soft", code="5.0.0",
        data=report("It could not be delivered.",
                    f"Final-Recipient: rfc822; {TO}\nAction: failed\nStatus: 5.0.0\n"),
    ),
    Sample(
        name="the sender's address refused", kind="soft", code="550 5.1.7",
        data=failed("550 5.1.7 <b@campaign.example>: Sender address rejected: No such user",
                    "5.1.7"),
    ),
    Sample(
        name="no such user, says a filter that had read it", kind="soft", code="550",
        data=plain(f"<{TO}>: host mail.ministry.example[192.0.2.7] said: 550 User unknown"
                   " (in reply to end of DATA command)\n", "Undelivered Mail Returned to Sender"),
    ),
    Sample(
        name="no such user, and a mailbox that is full", kind="soft", code="550 5.1.1",
        data=failed("550 5.1.1 User unknown", "5.1.1", words="The mailbox is full."),
    ),
    Sample(
        name="no such user for now", kind="soft", code="450 4.1.1",
        data=failed("450 4.1.1 unverified address: User unknown", "4.1.1"),
    ),
    Sample(
        name="a name server that does not answer", kind="soft",
        data=plain(f"<{TO}>: Name service error for domain ministry.example: Host not found,"
                   " try again\n", "Undelivered Mail Returned to Sender"),
    ),
    Sample(
        name="reasons it might have", kind="soft",
        data=plain(f"Your message to {TO} could not be delivered. Possible reasons: the user is"
                   " unknown, or the mailbox is not there.\n", "Delivery failure"),
    ),
    Sample(
        name="delayed", kind="soft", code="4.4.1", final=False,
        data=report("Delivery is delayed.", f"Final-Recipient: rfc822; {TO}\nAction: delayed\n"
                    "Status: 4.4.1\nWill-Retry-Until: Sat, 4 Jul 2020 12:00:00 -0400\n",
                    subject="Delayed Mail (still being retried)"),
    ),
    Sample(
        name="delayed, in words", kind="soft", final=False,
        data=plain(
            f"""\
                **********************************************
                **      THIS IS A WARNING MESSAGE ONLY      **
                **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **
                **********************************************

               ----- The following addresses had transient non-fatal errors -----
            <{TO}>

            Warning: message still undelivered after 4 hours
            Will keep trying until message is 5 days old
            """.replace("still undelivered", "not delivered"),
            "Warning: could not send message for past 4 hours"),
    ),
    Sample(
        name="Barracuda", kind="soft", code="550 5.7.1",
        data=plain(f"Your message to: {TO}\nwas blocked by our Spam Firewall. 550 5.7.1 Message"
                   " content rejected, UBE, id=01530-01-625\n", "Delivery failure"),
    ),
    Sample(
        name="Symantec", kind="soft", code="553 5.7.1",
        data=plain(f"<{TO}>:\n216.82.0.1 does not like recipient.\nRemote host said: 553-Message"
                   " filtered. Refer to the Troubleshooting page at\n553-https://messagelabs"
                   ".example/support for more information. (#5.7.1)\n", "failure notice"),
    ),
    Sample(
        name="Yahoo", kind="soft", code="554",
        data=plain(f"Sorry, we were unable to deliver your message to the following address.\n\n"
                   f"<{TO}>:\nRemote host said: 554 delivery error: dd Sorry your message to {TO}"
                   " cannot be delivered. This account has been disabled or discontinued.\n",
                   "Failure Notice"),
    ),
    Sample(
        name="GroupWise", kind="soft",
        data=plain(f"The message that you sent was undeliverable to the following:\n"
                   f"    {TO} (mailbox is full)\n",
                   "Message status - undeliverable", "Mailer-Daemon@office.example"),
    ),
    Sample(
        name="Courier", kind="soft", code="552",
        data=plain(f"UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be"
                   f" delivered:\n\n<{TO}>:\n    mail.ministry.example [192.0.2.7]:\n"
                   "<<< 552 Quota violation\n", "NOTICE: mail delivery status."),
    ),
)  # fmt: skip

AUTOREPLY = tuple(
    Sample(
        name=name, kind="autoreply", recipient="", final=False,
        data=f"From: Sam Sample <{TO}>\nTo: {VERP}\n{head}\n\n{said}\n".encode(),
    )
    for name, head, said in (
        ("RFC 3834", "Subject: Re: Remote exams\nAuto-Submitted: auto-replied (vacation)", "Away."),
        ("English", "Subject: Out of Office: Remote exams", "I am away."),
        ("Exchange", "Subject: Automatic reply: Remote exams\nX-Auto-Response-Suppress: All", "Hi"),
        ("French", "Subject: Réponse automatique : Remote exams", "Je suis absent."),
        ("German", "Subject: Abwesenheitsnotiz: Remote exams", "Bin weg."),
        ("encoded", "Subject: =?utf-8?q?R=C3=A9ponse_automatique?=", "Bonjour"),
        ("Spanish", "Subject: Respuesta automática: Remote exams", "Hola"),
        ("Italian", "Subject: Risposta automatica: Remote exams", "Ciao"),
        ("Portuguese", "Subject: Resposta automática: Remote exams", "Olá"),
        ("Dutch", "Subject: Automatisch antwoord: Remote exams", "Hallo"),
        ("Japanese", "Subject: 自動返信: Remote exams", "不在です"),
        ("Lotus", "Subject: AutoReply: Remote exams\nX-Autoreply: yes", "Away"),
        ("receipt", "Subject: Remote exams\nPrecedence: bulk",
         "Thank you for contacting the Minister. Your message has been received."),
        ("no-reply", "Subject: Your message\nReturn-Path: <>\nX-Auto-Response-Suppress: OOF",
         "Thank you for your email. We have received your message."),
        ("challenge", "Subject: Re: Remote exams",
         "This mailbox is protected. Please click on the following link so that your address is\n"
         "added to the list of approved senders."),
        ("read receipt", "Subject: Read: Remote exams\nMIME-Version: 1.0\nContent-Type: multipart/"
         "report; report-type=disposition-notification; boundary=q",
         "--q\n\nIt was read.\n--q--"),
    )
)  # fmt: skip

COMPLAINT = Sample(
    name="RFC 5965", kind="complaint", final=False,
    data=(
        "From: abuse@office.example\nTo: abuse@campaign.example\nSubject: FW: Remote exams\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report;"
        ' boundary="q"\n\n--q\n\nThis is an abuse report.\n\n--q\nContent-Type:'
        " message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Office/1.0\nVersion: 1\n"
        f"Original-Rcpt-To: <{TO}>\n\n--q\nContent-Type: message/rfc822\n\n{RETURNED}\n--q--\n"
    ).encode(),
)  # fmt: skip

REPLY = (
    f"From: Sam Sample <{TO}>\nTo: Ann Example <{ALIAS}>\nSubject: Re: Remote exams\n"
    f"Message-ID: <answer-1@ministry.example>\nIn-Reply-To: <{LETTER}@campaign.example>\n"
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: 8bit\n\nDear Ann,\n\nI have read your letter. — Sam\n"
).encode()
