"""What servers say, and what it means: an address that is dead, or anything else.

The order decides: what is not the address's fault is looked for first, so that a sentence that
names both a user and a filter is never held for proof that the user is gone. Written from what
servers are seen to say; the words of RFC 3463 are among them.
"""

from __future__ import annotations

import re

from mailer.bounces.values import Kind

FULL = "the mailbox is full"
OFF = "the mailbox is switched off"
NO_DOMAIN = "there is no such domain"

_NOT_THE_ADDRESS = {
    FULL: r"""
        (?:mail(?:box|folder)?|quota|account|inbox|user|casilla|bo.te|postfach|disk|space|storage
            |dropbox|recipient'?s?|destinatario|maildir|bandeja|caixa|buz.n|empf.nger\S*|boite)
            \W{1,6}GAP6(?:is\s+|ist\s+|est\s+|est.\s+|has\s+)?(?:(?:too|almost|now)\s+)?
            (?:full|voll\b|ple[ni][ae]|llen[oa]|cheia|exceed|over\ ?(?:its\s+)?quota
                |.berschritten|d.pass|excedi|exhausted|over\s+(?:the\s+)?(?:disk|maximum|allowed))
        |(?:over|exceed\w*|above|out\ of|beyond|insufficient|not\ enough|no)\W{1,6}GAP4
            (?:quota|storage|disk|(?:system\ )?space|mailbox\ size|dropspace)
        |mailbox_?\ ?full|quota\ ?(?:exceed|excedid|violation|usage|d.pass)|overquota|over-quota
        |user\ is\ over\ quota|too\ many\ messages|maximum\ (?:mailbox\ )?(?:size|storage)
        |enough\ (?:disk\ )?(?:space|storage|room)|disk\ quota|full\ mailbox|inbox\ is\ full
        |size\ of\ the\ mailbox|espacio\ en\ casilla|storlim""",
    "it is held for spam, or the sender is not trusted": r"""
        \bspam|\bspf\b|\bdkim\b|\bdmarc\b|blackli|blocklist|block\ list|\brbl\b|dnsbl|spamhaus
        |spamcop|barracuda|cloudmark|\bube\b|\bbulk\b|junk|unsolicited|virus|malware|infected
        |reputation|suspicious|content\ (?:filter|reject|not\ )|content\ (?:was\ )?(?:denied|block)
        |banned|blocked\b|blocage|bloqu|gesperrt|policy|policies|senderbase|reverse\ dns|\bptr\b
        |rdns|reverse\ (?:lookup|mapping)|helo|ehlo|unauthenticated|not\ authenticated
        |authentication|greylist|gr[ae]ylist|phish|sender\ (?:id|is\ not|verif|address\ reject
            |domain|reject|not|denied|refus)|verify\ (?:the\ )?sender|verification\ failed
        |backscatter|uribl|surbl|not\ allowed\ to\ send|domain\ of\ sender|sender's
        |bad\ sender|unknown\ sender|sender\ (?:account|mailbox|user)
        |(?:mailbox|account|address)\ of\ (?:the\ )?sender|your\ ip\b
        |(?<!not\ )listed\ (?:at|by|on)\b|client\ host\ rejected|ip\ addr
        |from\ (?:your|this)\ (?:ip|host|server|network)
        |access\ (?:from|to\ this)|no\ access\ from|open\ relay|hates?\ you|not\ accept\w*\ (?:mail
            |e-?mail|messages?)\ from|mail\ from\ (?:your|this|the)
            |message\ (?:was\ )?(?:content\ )?
            (?:reject|refused|classif)|triggered|prohibited|forbidden|confidential
            |security\ (?:polic|reason|violat|settings|restrict)
        |unwanted|complaint|virtu?al\ address\ list|permission|not\ authori[sz]ed|unauthori[sz]ed
        |restrict|\bpostgrey|(?<!rejected:\ )access\ denied|recipient\ preferences|purported
        |of\ your\ isp|lookup\ failed|on\ hold|from:\ domain|valid\ from:|invalid\ ip\b
        |header\ error
        |mail\ (?:rejected\.|rejet)|rejected\ by\ destination|requires\ confirmation
        |too\ many\ GAP3(?:invalid|unknown|bad|wrong)
        |challenge|confirm\ (?:that|this|your)|5\.7\.(?:50[0-9]|51[0-9]|60[0-9]|7[0-9]{2})\b""",
    "it may not be sent this way": r"""
        (?<![\w.])relay(?:ing|ed)?\b(?!\.|\ recipient\ table)|not\ permitted|no\ relaying
        |rcpthosts|badmailfrom|must\ authenticate
        |allowed\ (?:rcpt)?hosts|not\ a\ gateway|gateway\ for|not\ local|loops?\ back|\bloop(?:s
        |ing|ed)?\b
        |too\ many\ hops|hop\ count|routing\ loop""",
    "the message is too large, or not in order": r"""
        too\ (?:large|big|long)|size\ limit|message\ size|length\ exceeds|exceeds?\ (?:the\ )?
            (?:size|maximum|limit|allow)|attachment|improper|8-?bit|bare\ lf|headers?\ (?:too
            |syntax)
        |malformed|no\ message\ collected|syntax\ error|command\ (?:parameter|unrecog)|bad\ sequence
        |improper\ sequence|sendsizelimit|larger\ than""",
    OFF: r"""
        disabled|expirad|deactiv|inactiv|not\ active|suspend|frozen|is\ locked|account\ locked
        |expired
        |discontinued|dormant|temporar|not\ (?:been\ )?activated|d.sactiv|deshabilitad|gesperrt
        |currently\ (?:not|un)|unavailable\ (?:at|for)""",
}
"""Why a letter did not arrive although its address may be right."""

# A server that had taken the address, and refuses after the message's text, speaks of the message;
# one that refuses before it heard of an address speaks of the sender.
_MOMENT = re.compile(
    r"(?:after|reply to|following|for) (?:the )?(?:pipelined )?(?:end of data|mail from|ehlo|helo"
    r"|text\b|initial connection|starttls|connect|sending the (?:data|mess))"
    r"|after i sent the message|sender was rejected|my name was rejected"
    r"|(?:temporary|transient)\W{1,5}(?:\w{1,40}\W{1,5}){0,3}?(?:dns|lookup|resol)"
    r"|not found, try again|procmail|command (?:output|died)|x-unix|unroutea?ble mail domain"
    r"|(?:possible|mögliche) (?:reasons|causes|ursachen|gründe)|raisons possibles"
    r"|(?:may|might) not exist|il se peut que",
    re.IGNORECASE,
)

_THE_ADDRESS = {
    "there is no such mailbox": r"""
        (?:no|not\ an?|unknown|invalid|bad|illegal|nonexist\w*|incorrect|inexistant\w*|not\ known
            |unrecogni[sz]ed|wrong|undefined|non-existent|inv.lid[oa]|unbekannte?r?)\W{1,6}GAP3
            (?:such\ )?(?:user|mail\ ?box|recipient|addre?ss|account|alias|local\ ?part|person
                |(?:delivery\ )?userid|customer|destinataire|usuario|usu.rio|mail\ drop|name\ here
                |empf.nger|address\ book|maildrop|rcpt\b|mailname|mail\ box|client\ here)
        |(?:user|mail\ ?box|recipient|addre?ss|account|alias|usuario|usu.rio|person|destinat\w+
            |userid|name|e-?mail|employee|customer|odbiorca|empf.nger\w*|benutzer|local.part|login
            |maildrop|d'adresse|adresse|mailadresse|user\ name)
            \W{1,6}GAP8
            (?:(?:is|was|are|were|does|do|did|could|can|ist|has|have)\ ?(?:n't|n\W?t|\ ?not
            |\ no)?\W{1,6}
                GAP2)?
            (?:unknown|not?\ (?:found|exist|known|listed|recogni|valid|here|a\ (?:known|valid))
            |invalid
                |found\ no|nonexist\w*|non-exist\w*|doesn'?\W?t\ exist|not\ exist|no\ longer
                |inexist\w*|unbekannt|inconnu\w*|does\ not\ exist|doesn'?t\ have|nie\ istnieje
                |not\ a\ (?:valid|known)|desconocid|desconhecid|existe\ pas|introuvable|no\ existe
                |n.o\ existe|sconosciut|onbekend|finns\ inte|incorrect|not\ have\ an|moved
                |existiert\ nicht|nicht\ (?:gefunden|bekannt|vorhanden)|couldn'?t\ be\ found
                |possibly\ incorrect|not\ our|recipnotfound|not\ on\ (?:this|our)|misspelled
                |could\ not\ be\ found|not\ registered|isn'?t\ a|does\ not\ have)
        |user\ ?unknown|unknown\ ?user|nosuchuser|recip(?:ient)?notfound|recipient\ unknown
        |no\ (?:mail\ ?box|account|one|user|person|such)\ (?:here|by|with|of|exists?|found|named)
        |not?\ (?:\S+\ )?(?:mail\ ?)?box\ (?:available|here|by|found)|does(?:\ not|n'?t)\ have\ an?\
            (?:\S+\ )?account|undeliverable\ address|badrcptto|no\ valid\ recipients?|isn'?t\ in\ my
        |mailbox\ (?:unavailable|not\ (?:available|found))|address\ not\ found|unrouteable\ address
        |dead\ letter|not\ our\ (?:customer|user)|left\ the\ (?:company|organi[sz]ation)|has\ moved
        |not\ listed\ in|recipient\ rejected\b(?!.{0,3}:)|unknown\ (?:or|local|recipient|address)
        |recipient\ address\ rejected:\ access\ denied|addre?ss\ rejected\W*(?:\[|$|\S+@\S+\W*$)
        |recipient\ address\ rejected\W*(?:\(in\ reply|$)|no\ user\b|unable\ to\ find\ (?:user
        |recip)
        |not\ in\ (?:the\ )?(?:domino\ )?directory|no\ such|unknown:?\ <|resolver\.adr\.\S*notfound
        |invalid\ mailbox|5\.1\.351
        |(?:ユーザー?|宛先|アドレス).{0,60}(?:見つかり|存在し|不明)
        |ne\ correspond|n'existe\ pas|aucun\ (?:utilisateur|destinataire|compte)""",
    NO_DOMAIN: r"""
        (?:host|domain|system|nameserver|dns|server)\W{1,6}(?:name\W{1,6})?GAP4
            (?:unknown|not\ found|does(?:n't|\ not)\ exist|no\ such|nxdomain|invalid|not\ reachable
                |non-?exist\w*|couldn'?t\ be\ found|not\ known|lookup\ fail|inconnu|unbekannt)
        |(?:unknown|no\ such|bad|invalid|illegal|non-?existent|nonexistant)\W{1,6}(?:destination\ )?
            (?:mail\ )?(?:system|host|domain|server)(?:/domain)?|host\ unknown|nxdomain
        |(?:couldn'?t|cannot|could\ not|unable\ to)\W{1,6}find\W{1,6}(?:any\W{1,6}|a\W{1,6})?GAP2
            (?:host|domain|mail\ exchanger)|unrouteable|unroutable|name\ or\ service\ not\ known
        |no\ mx\b|no\ smtp\ service|null\ mx|does\ not\ accept\ (?:any\ )?(?:e-?)?mail
        |name\ service\ error.{0,120}not\ found
        |no\ data\ known""",
}
"""Why no letter will ever arrive there."""

_ON_THE_WAY = {
    "it came to nothing on its way": r"""
        time(?:d|\ )?\ ?out|timeout|retry|retries|try\ again|tried|later|defer|delay|attempts
        |too\ long|refused\b.{0,40}connect|connection\ (?:refused|reset|dropped|rate|lost|frequen)
        |could\ not\ (?:connect|initiate|find\ a\ gateway|load|contact)|unable\ to\ (?:connect
            |contact)|(?:not|never)\ reach|unreachable|no\ route|lost\ connection|not\ respond
        |not\ answer|busy|overload|rate\ limit|limit\ exceed|frequency|too\ many|internal\ error
        |system\ error|server\ error|configuration|service\ (?:currently\ )?(?:unavail|refus|not)
        |resources?|temporary|ldap|queue\ file|i/o\ error|insufficient|not\ unique|ambiguous
        |duplicated?\ message|communications?\ failure|gave\ up|giving\ up|delivery\ time""",
}
"""Why it did not arrive this time."""

# Filters say so too, of a message they do not want. Only a server that was just told the address,
# or that gives the code for it, says it of the address.
_WEAK = re.compile(
    r"user ?(?:is )?unknown|unknown ?user|user not (?:found|known)|not a known user"
    r"|does(?:n't| not) have an? \S{1,80} account",
    re.IGNORECASE,
)
_PROOF = re.compile(
    r"(?<![\d.])5\.1\.(?:1|2|3|6|10|351)(?!\d)|(?<!need )\brcpt\b(?! before)"
    r"|not like (?:our )?recipient"
    r"|(?:recipient|address) rejected|rejected recipient",
    re.IGNORECASE,
)
UNPROVEN = "a server says that it knows no such user, but not that it is the address it refuses"
_GAP = re.compile(r"GAP(\d)")


def _compiled(table: dict[str, str], kind: Kind) -> list[tuple[Kind, str, re.Pattern[str]]]:
    flags = re.IGNORECASE | re.VERBOSE
    return [(kind, why, re.compile(_GAP.sub(_words, words), flags)) for why, words in table.items()]


def _words(gap: re.Match[str]) -> str:
    """Up to so many words between two: bounded, and in one way only, however hostile the text."""
    return rf"(?:\w{{1,40}}\W{{1,5}}){{0,{gap[1]}}}?"


REASONS = (
    *_compiled(_NOT_THE_ADDRESS, Kind.SOFT),
    *_compiled(_THE_ADDRESS, Kind.HARD),
    *_compiled(_ON_THE_WAY, Kind.SOFT),
)


_PRESENT = [words for _, why, words in REASONS if why in {FULL, OFF}]


def is_of_another_moment(said: str) -> bool:
    """True when it was not the address that was refused, whatever the words are."""
    return bool(_MOMENT.search(said, 0, 2000))


def is_there(said: str) -> bool:
    """True when words speak of a mailbox that is full or switched off, so that there is one."""
    return any(words.search(said, 0, 2000) for words in _PRESENT)


def is_proven(said: str) -> bool:
    """True when it was the address that was refused: by its code, or at its command."""
    return bool(_PROOF.search(said, 0, 2000))


def meaning(said: str, *, proven: bool) -> tuple[Kind, str] | None:
    """What `said` means, and why in a few words; None when it says neither.

    `said` is in one line. It is read to its 2,000th character: a server's answer is no longer.
    """
    said = said[:2000]
    bare = said if proven else _WEAK.sub(" ", said)
    for kind, why, words in REASONS:
        if words.search(said if kind is Kind.SOFT else bare):
            return kind, why
    return (Kind.SOFT, UNPROVEN) if len(bare) < len(said) else None
