"""Whose letters are answered at an address of ours, which passes the answer on to them.

Filters distrust a Reply-To at a free-mail provider under a sender of another domain: it is how
letters from nowhere look. An address on our own domain says the same as the sender.
"""

from __future__ import annotations

from mailer.outbox import Sender

# Providers where anybody gets a mailbox for nothing, by the last two or more parts of a domain.
# Their national domains are many, so the great ones are known by name as well.
FREEMAIL = frozenset({
    "aim.com", "aol.com", "aliceadsl.fr", "bell.net", "bellsouth.net", "bluewin.ch", "bol.com.br",
    "btinternet.com", "cogeco.ca", "comcast.net", "cox.net", "eastlink.ca", "email.com",
    "fastmail.com", "fastmail.fm", "free.fr", "freenet.de", "gmail.com", "googlemail.com",
    "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.fr", "gmx.net", "hey.com", "hotmail.com",
    "hushmail.com", "icloud.com", "inbox.com", "inbox.lv", "inbox.ru", "laposte.net", "libero.it",
    "list.ru", "live.com", "mac.com", "mail.com", "mail.ru", "mailbox.org", "mailo.com", "me.com",
    "msn.com", "naver.com", "neuf.fr", "numericable.fr", "o2.pl", "onet.pl", "orange.fr",
    "outlook.com", "pm.me", "posteo.de", "proton.me", "protonmail.ch", "protonmail.com", "qq.com",
    "rediffmail.com", "riseup.net", "rocketmail.com", "rogers.com", "sasktel.net", "sbcglobal.net",
    "seznam.cz", "sfr.fr", "shaw.ca", "sky.com", "sympatico.ca", "t-online.de", "telus.net",
    "tutamail.com", "tutanota.com", "uol.com.br", "verizon.net", "videotron.ca", "virgilio.it",
    "wanadoo.fr", "web.de", "wp.pl", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
    "163.com", "126.com",
})  # fmt: skip
_EVERYWHERE = frozenset({"yahoo", "hotmail", "outlook", "live", "msn", "aol", "gmx", "yandex"})


def is_freemail(email: str) -> bool:
    """True when an address is at a provider where anybody gets one for nothing."""
    domain = email.rpartition("@")[2].lower()
    name, _, rest = domain.partition(".")
    national = name in _EVERYWHERE and rest.count(".") <= 1 and len(rest.rpartition(".")[2]) == 2
    return domain in FREEMAIL or national or name == "yahoo"


def domain_for(sender: Sender, email: str) -> str:
    """The domain of the address at which letters of `email` are answered; "": at `email`."""
    if sender.reply_alias == "always" or (sender.reply_alias == "freemail" and is_freemail(email)):
        return sender.reply_domain
    return ""
