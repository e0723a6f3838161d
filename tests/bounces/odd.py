"""More bounces written by us, in forms that are met less often."""

from __future__ import annotations

from tests.bounces.samples import RETURNED, TO, Sample, failed, plain, report

MINISTRY = "postmaster@ministry.example"


def _exchange(words: str, subject: str, said: str) -> bytes:
    """A report in words alone, as Exchange writes it in the language of its house."""
    return plain(f"{words}\n\n{TO}\n#{said} ##\n", subject, MINISTRY)


HARD = (
    Sample(
        name="Exchange Online", kind="hard", code="550 5.1.10",
        data=failed("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address"
                    " lookup", "5.1.10", "The email address you entered couldn't be found."),
    ),
    Sample(
        name="Exchange in French", kind="hard", code="550 5.1.1",
        data=_exchange("Échec de la remise à ces destinataires ou groupes :", "Non remis : Remote"
                       " exams", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
    ),
    Sample(
        name="Exchange in German", kind="hard", code="550 5.1.1",
        data=_exchange("Fehler bei der Nachrichtenzustellung an folgende Empfänger:",
                       "Unzustellbar: Remote exams",
                       "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
    ),
    Sample(
        name="Yahoo over Postfix", kind="hard", code="550 5.1.1",
        data=plain("Sorry, we were unable to deliver your message to the following address.\n\n"
                   f"<{TO}>:\n550 5.1.1 <{TO}>: Recipient address rejected: User unknown in relay"
                   " recipient table\n", "Failure Notice"),
    ),
    Sample(
        name="IronPort", kind="hard",
        data=failed(f"5.1.0 - Unknown address error 550-'5.1.1 <{TO}>: Recipient address rejected:"
                    " User unknown' (delivery attempts: 0)", "5.0.0 (permanent failure)"),
    ),
    Sample(
        name="MessageLabs", kind="hard",
        data=plain("This is the mail delivery agent at filter.example.\nI was unable to deliver"
                   f" your message to the following addresses:\n\n{TO}\n\nReason: 550 Invalid"
                   f" recipient <{TO}> (#5.1.1)\n", "Mail Delivery Failure"),
    ),
    Sample(
        name="MDaemon", kind="hard",
        data=plain("The attached message had PERMANENT fatal delivery errors!\n\n"
                   f"Failed address: {TO}\n\n--- Session Transcript ---\n 08:00:01: --> RCPT To:"
                   f"<{TO}>\n 08:00:01: <-- 550 <{TO}>, Recipient unknown\n 08:00:01: --> QUIT\n",
                   "Permanent Delivery Failure", "MDaemon@ministry.example"),
    ),
    Sample(
        name="hMailServer", kind="hard",
        data=plain("Your message did not reach some or all of the intended recipients.\n\n"
                   f"{TO}\n   Error Type: SMTP\n   hMailServer sent: RCPT TO:<{TO}>\n"
                   "   Remote server replied: 550 Unknown user\n", "Message undeliverable: Remote"),
    ),
    Sample(
        name="Kerio", kind="hard", code="550 5.1.1",
        data=plain("Your message could not be delivered to the following recipients:\n\n"
                   f"  <{TO}>\n    Remote server mx.ministry.example responded: 550 5.1.1 Mailbox"
                   " does not exist\n", "Delivery failure: Remote exams", MINISTRY),
    ),
    Sample(
        name="a host that is not there, told in French", kind="hard", code="5.1.2",
        data=report("Votre message n'a pas été remis.", f"Final-Recipient: rfc822; {TO}\n"
                    "Action: failed\nStatus: 5.1.2\nDiagnostic-Code: smtp; DNS Error: DNS type 'mx'"
                    " lookup of ministry.example responded with code NXDOMAIN\n"),
    ),
    Sample(
        name="RFC 6533", kind="hard", code="550 5.1.1",
        data=failed("550 5.1.1 utilisateur inconnu", "5.1.1")
        .replace(b"message/delivery-status", b"message/global-delivery-status")
        .replace(b"rfc822; ", b"utf-8; ").replace(b"message/rfc822", b"message/global"),
    ),
)  # fmt: skip

SOFT = (
    Sample(
        name="Exchange in French, full", kind="soft", code="550 5.2.2",
        data=_exchange("La boîte aux lettres du destinataire est pleine.",
                       "Non remis : Remote exams", "550 5.2.2 STOREDRV.Deliver; mailbox full"),
    ),
    Sample(
        name="Exchange Online, a group", kind="soft", code="550 5.7.133",
        data=failed("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication"
                    " required; Delivery restriction check failed", "5.7.133"),
    ),
    Sample(
        name="Mimecast, a policy", kind="soft",
        data=plain("This is a delivery failure notification message indicating that\nan email you"
                   f" addressed to email address :\n--  {TO}\n\ncould not be delivered.\n\n"
                   "Additional information follows :\n-- 550 Rejected by header based Anti-Spoofing"
                   " policy: letters@campaign.example\n", "[Postmaster] Email Delivery Failure",
                   MINISTRY),
    ),
    Sample(
        name="Barracuda", kind="soft", code="550 5.7.1",
        data=failed("550 5.7.1 Message content rejected, UBE, id=12345-01-2", "5.7.1",
                    f"Your message to: {TO}\nwas blocked by our Spam Firewall."),
    ),
    Sample(
        name="Orange, in French", kind="soft",
        data=failed("550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]", "5.0.0"),
    ),
    Sample(
        name="InterScan", kind="soft", code="452 4.3.1",
        data=plain("****** Message from InterScan Messaging Security Suite ******\n\nSent <<< RCPT"
                   f" TO:<{TO}>\nReceived >>> 452 4.3.1 Insufficient system storage\n\nUnable to"
                   f" deliver message to <{TO}>.\n", "Mail could not be delivered", MINISTRY),
    ),
    Sample(
        name="Exim, a sender that it could not verify", kind="soft",
        data=plain(f"The following address(es) failed:\n\n  {TO}\n    SMTP error from remote mail"
                   f" server after RCPT TO:<{TO}>:\n    550-Verification failed for"
                   " <letters@campaign.example>\n    550-No Such User Here\n    550 Sender verify"
                   " failed\n", "Mail delivery failed: returning message to sender"),
    ),
    Sample(
        name="MailEnable, later", kind="soft", final=False,
        data=plain("MailEnable: Message Delivery Delay.\n\nMessage could not be delivered to some"
                   " recipients. Message delivery will be retried later.\n\nRecipient:"
                   f" [SMTP:{TO}]\nReason: Remote host did not respond\n",
                   "Message Delivery Delay", "postmaster@office.example"),
    ),
)  # fmt: skip

_READ = (
    f"From: Sam Sample <{TO}>\nTo: letters@campaign.example\nSubject: Not read: Remote exams\n"
    'Content-Type: multipart/report; report-type=disposition-notification; boundary="m"\n\n'
    "--m\nContent-Type: text/plain\n\nYour message was deleted without being read.\n\n"
    f"--m\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; {TO}\n"
    "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n"
    f"--m\nContent-Type: text/rfc822-headers\n\n{RETURNED}\n--m--\n"
)

AUTOREPLY = tuple(
    Sample(name=name, kind="autoreply", recipient="", final=False, data=data.encode())
    for name, data in (
        ("deleted unread", _READ),
        *(
            (name, f"From: Sam Sample <{TO}>\nTo: letters@campaign.example\n{head}\n\n{said}\n")
            for name, head, said in (
                ("a ticket", "Subject: [Ticket#20200702] RE: Remote exams\nX-OTRS-Loop: yes\n"
                 "Auto-Submitted: auto-generated", "Your e-mail has been received."),
                ("a request", "Subject: [Request received] Remote exams\nAuto-Submitted:"
                 " auto-generated\nX-Auto-Response-Suppress: All", "It is being reviewed."),
                ("vacation", "Subject: away from my mail\nPrecedence: bulk\nX-Mailer: vacation",
                 "I will not be reading my mail for a while."),
                ("a challenge", "Subject: Re: Remote exams (verification required)",
                 "To deliver your message click the link below to verify that you are a real"
                 " person."),
                ("somebody who has left", "Subject: Automatic reply: Remote exams\n"
                 "Auto-Submitted: auto-generated", "Sam Sample no longer works here. The address"
                 f" {TO} does not exist any more."),
            )
        ),
    )
)  # fmt: skip
