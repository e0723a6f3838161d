"""Who carries mail for others, and what they want published: facts from their own documentation."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from mailer.deliverability.values import Road
from mailer.problems import Record


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What a provider needs in the DNS of the domain that mail is from.

    Bounces of most go to a domain of theirs, so that our own SPF record does not matter for them;
    their DKIM signature is what counts.
    """

    name: str
    hosts: tuple[str, ...]  # their SMTP servers; * stands for a region or an account
    include: str = ""  # what SPF of our domain has to include; empty: they bring their own
    selectors: tuple[str, ...] = ()  # of their DKIM keys, where they are the same for all
    bounces: tuple[str, str, str] | None = None  # a record below our domain: name, type, value
    own_place: bool = False  # bounces go to the domain that the address of the API names
    where: str = ""  # the place that shows the records of an account
    source: str = ""


PROVIDERS = {
    "postmark": Provider(
        name="Postmark", hosts=("smtp.postmarkapp.com", "smtp-broadcasts.postmarkapp.com"),
        bounces=("pm-bounces", "CNAME", "pm.mtasv.net"),
        where="Sender Signatures, your domain, DNS Settings",
        source="https://postmarkapp.com/support/article/1046-how-do-i-verify-a-domain",
    ),
    "mailgun": Provider(
        name="Mailgun", hosts=("smtp.mailgun.org", "smtp.eu.mailgun.org"), include="mailgun.org",
        own_place=True,
        where="Sending, Domains, your domain, DNS records",
        source="https://documentation.mailgun.com/docs/mailgun/user-manual/domains/domains-verify",
    ),
    "sendgrid": Provider(
        name="SendGrid", hosts=("smtp.sendgrid.net", "smtp.eu.sendgrid.net"),
        selectors=("s1", "s2"), where="Settings, Sender Authentication",
        source="https://www.twilio.com/docs/sendgrid/ui/account-and-settings/"
        "how-to-set-up-domain-authentication",
    ),
    "ses": Provider(
        name="Amazon SES",
        hosts=("email-smtp.*.amazonaws.com", "email-smtp-fips.*.amazonaws.com"),
        where="Configuration, Identities, your domain, Authentication",
        source="https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html",
    ),
    "resend": Provider(
        name="Resend", hosts=("smtp.resend.com",), selectors=("resend",),
        bounces=("send", "TXT", "v=spf1 include:amazonses.com ~all"),
        where="Domains, your domain", source="https://resend.com/docs/dashboard/domains/introduction",
    ),
    "brevo": Provider(
        name="Brevo", hosts=("smtp-relay.brevo.com", "smtp-relay.sendinblue.com"),
        selectors=("brevo1", "brevo2", "mail"),
        where="Senders, Domains & Dedicated IPs, Domains",
        source="https://help.brevo.com/hc/en-us/articles/12163873383186",
    ),
    "google": Provider(
        name="Google Workspace", hosts=("smtp.gmail.com", "smtp-relay.gmail.com"),
        include="_spf.google.com", selectors=("google",),
        where="Admin console, Apps, Gmail, Authenticate email",
        source="https://support.google.com/a/answer/33786",
    ),
    "microsoft": Provider(
        name="Microsoft 365", hosts=("smtp.office365.com", "*.mail.protection.outlook.com"),
        include="spf.protection.outlook.com", selectors=("selector1", "selector2"),
        where="Defender portal, Email authentication settings, DKIM",
        source="https://learn.microsoft.com/defender-office-365/email-authentication-spf-configure",
    ),
}  # fmt: skip


def of(road: Road) -> Provider | None:
    """The provider that a way out leads through, or None for a server of somebody else."""
    if road.scheme in PROVIDERS:
        return PROVIDERS[road.scheme]
    host = road.host.lower().rstrip(".")
    for provider in PROVIDERS.values():
        if any(fnmatchcase(host, pattern) for pattern in provider.hosts):
            return provider
    return None


def bounce_record(provider: Provider, domain: str) -> Record | None:
    """The record that makes bounces, and so SPF, those of our own domain; None if not the same
    for all accounts."""
    if provider.bounces is None:
        return None
    label, kind, value = provider.bounces
    return Record(name=f"{label}.{domain}", kind=kind, value=value)
