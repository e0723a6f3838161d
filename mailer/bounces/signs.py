"""By what a message without a report is known to be a bounce, and a bounce to be a mere warning."""

from __future__ import annotations

import re

from mailer.bounces.opened import Opened

_FROM = re.compile(
    r"mailer-?daemon|post_?master|mail[ -_]?deliver|delivery|mail (?:system|admin|router)|mdaemon"
    r"|mail-?server|postoffice|mail daemon|mailhost|bounce|mail_?subsystem|administrator"
    r"|system att",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"""undeliver|deliver\w*\W+(?:\w+\W+){0,3}?(?:fail|problem|error|status|notif|report|delay|warn
    |imposs)
      |fail\w*\W+(?:\w+\W+){0,2}?(?:notice|deliver|mail|message)|return(?:ed|ing)\ (?:mail|message
      |to\ sender)
      |(?:mail|message)\W+(?:\w+\W+){0,3}?(?:could\ not|not\ (?:be\ )?(?:deliver|sent)|rejected
      |returned|bounced
          |delayed|failure|error|system\ error|refused)|non-?deliver|bounced?\ (?:mail|message)
      |not\ delivered|nondeliverable|unable\ to\ deliver|cannot\ (?:send|deliver)|could\ not\ send
      |unzustellbar|nicht\ zustellbar|unzustellbarkeit|fehlgeschlagen|zustell|non\ remis|.chec\ de
      |non\ distribu|impossible\ de\ (?:remettre|distribuer)|retour\ de\ (?:mail|courrier)
      |no\ entregad
      |no\ se\ (?:puede|pudo)\ entregar|error\ (?:en\ (?:la\ )?entrega|de\ entrega)|devuelto
      |devolvid
      |mancat[oa]\ (?:consegna|recapito)|n.o\ entregue|n.o\ foi\ poss.vel|niet\ (?:afgeleverd
      |bezorg)
      |onbestelbaar|ej\ levererat|niedostarcz|nie\ dostarcz|не\ доставлен|недоставл|配信|送信できま
      |退信|系统退信|unknown\ (?:user|recipient|address)|user\ (?:unknown|not)|address\ (?:unknown
      |change)
      |mail\ (?:failed|error)|virus|quota|mailbox\ (?:full|unavail|is)|message\ status
      |problem\ deliver
      |^error|エラー|warning|rejected""",
    re.IGNORECASE | re.VERBOSE,
)
_SAID = re.compile(
    r"""(?:could|can|was|were|is|be|has|have)\s*(?:n[o']?t|not)\s+(?:yet\s+)?(?:be
    |been)?\s*(?:deliver|sent
          |reached|accepted|processed|relayed|found)|cannot\s+be\s+(?:deliver|sent)|undeliverable
      |unable\s+to\s+(?:deliver|send|relay)|did\s+not\s+reach|delivery\W+(?:\w+\W+){0,4}?fail
      |fail\w*\s+to\s+deliver
      |permanent\s+(?:fatal\s+)?(?:error|failure)|qmail-send|returned\s+(?:to|because|for)
      |was\s+rejected
      |following\s+(?:address|recipient|message)|not\s+deliver|failed\s+(?:address|recipient)
      |no\s+such\s+(?:user|address)|user\s+unknown|unknown\s+user|mailbox\s+(?:is\s+)?full
      |over\s+quota
      |does\s+not\s+exist|has\s+been\s+(?:delayed|rejected|blocked|returned)|nicht\s+(?:zugestellt|
          zustellbar|ausgeliefert)|n'a\s+(?:pas\s+)?pu\s+.tre|pas\s+.t.\s+(?:remis|distribu|d.livr)
      |no\s+(?:pudo|puede|ha\s+podido)\s+(?:ser\s+)?entrega|non\s+.\s+stato\s+(?:possibile|recapita)
      |n.o\s+(?:p.de|foi)\s+(?:ser\s+)?(?:entregue|poss)|\b5\d\d[ -]5\.\d+\.\d+|\b55[0-4]\s
      |не\s+может\s+быть|未能|無法|配信できま|届けできま""",
    re.IGNORECASE | re.VERBOSE,
)
_GOES_ON = re.compile(
    r"""warning\s+message\s+only|this\s+is\s+(?:only\s+)?a\s+warning|(?:delivery|message
    |mail)\W+(?:\w+\W+){0,4}?
          (?:delayed|deferred)|will\s+(?:be\s+|continue\s+(?:to\s+be\s+)?)?(?:re)?tr(?:y|ied)
          |not\s+yet\s+been
      |continue\s+(?:to\s+)?(?:try|attempt|retry)|keep\s+trying|still\s+(?:be\s+)?try|need\s+(?:not
      |to)\s+resend
      |(?:do\s+not|no)\s+need\s+to|temporary\s+non-?fatal|will\s+(?:be\s+)?(?:re)?attempt
      |no\s+action\s+is\s+req
      |transient\s+non-?fatal|please\s+do\s+not\s+resend|verz.gert|retard|demorad""",
    re.IGNORECASE | re.VERBOSE,
)
_ENDS = re.compile(
    r"giv(?:en|ing)\s+up|permanent(?!\s+unless)|(?:has|have)\s+failed|not\s+going\s+to\s+try"
    r"|no\s+further|(?<!non-)fatal\s+error|could\s+not\s+be\s+delivered\s+for|will\s+be\s+deleted|undeliverable|rejected",
    re.IGNORECASE,
)
_LOOKED_AT = 4000


def is_bounce(message: Opened) -> bool:
    """True when at least two things say so: who sent it, its subject, its words."""
    if "x-failed-recipients" in message.head:
        return True
    said = bool(_SAID.search(message.said[:_LOOKED_AT]))
    subject = bool(_SUBJECT.search(message.header("subject")[:300]))
    return _is_from_a_machine(message) + said + subject >= 2


def is_warning(message: Opened) -> bool:
    """True when somebody goes on trying to deliver."""
    said = message.header("subject")[:300] + "\n" + message.said[:_LOOKED_AT]
    return bool(_GOES_ON.search(said)) and not _ENDS.search(message.said[:_LOOKED_AT])


def _is_from_a_machine(message: Opened) -> bool:
    paths = [path.replace(" ", "") for path in message.head.get("return-path", ())]
    senders = (message.header("from"), message.header("sender"), *paths)
    return "<>" in paths or any(_FROM.search(sender[:300]) for sender in senders)
