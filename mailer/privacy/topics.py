"""The kinds of data there are, in words that their owners understand."""

from __future__ import annotations

from mailer.i18n import mark
from mailer.privacy.values import Ends, Ground, Topic, Whose

WHO = Topic(
    id="who", whose=Whose.SUPPORTER, ground=Ground.ASKED, ends=Ends.PERSON,
    title=mark("Who you are: name, addresses, role"),
    purpose=mark("So that offices see who writes, and can answer."),
)  # fmt: skip
LETTERS = Topic(
    id="letters", whose=Whose.SUPPORTER, ground=Ground.ASKED, ends=Ends.TEXT,
    title=mark("Your letters and your own words"),
    purpose=mark("To send them, and to show you what was sent."),
)  # fmt: skip
FATE = Topic(
    id="fate", whose=Whose.SUPPORTER, ground=Ground.ASKED, ends=Ends.PERSON,
    title=mark("What mail servers said of your letters"),
    purpose=mark("To tell you what became of each."),
)  # fmt: skip
AGREED = Topic(
    id="agreed", whose=Whose.SUPPORTER, ground=Ground.PROOF, ends=Ends.PERSON,
    title=mark("What you agreed to, and fingerprints of your letters"),
    purpose=mark("To show that each letter was wanted."),
)  # fmt: skip
MAILS = Topic(
    id="mails", whose=Whose.SUPPORTER, ground=Ground.ASKED, ends=Ends.TEXT,
    title=mark("Our mails to you, and answers passed on"),
    purpose=mark("To have you confirm, and find your letters again."),
)  # fmt: skip
GUARD = Topic(
    id="guard", whose=Whose.SUPPORTER, ground=Ground.GUARD, ends=Ends.WEEK,
    title=mark("Codes of your shortened network address and your own words"),
    purpose=mark("To find forged letters."), names=False,
)  # fmt: skip
LIMITS = Topic(
    id="limits", whose=Whose.SUPPORTER, ground=Ground.GUARD, ends=Ends.DAY,
    title=mark("Codes of your network and email addresses"),
    purpose=mark("To stop floods."), names=False,
)  # fmt: skip
WISH = Topic(
    id="wish", whose=Whose.SUPPORTER, ground=Ground.ASKED, ends=Ends.WISH,
    title=mark("A code of your address, if you want no mail"),
    purpose=mark("So that you get none."), names=False,
)  # fmt: skip
ONCE = Topic(
    id="once", whose=Whose.SUPPORTER, ground=Ground.GUARD, ends=Ends.GOOD,
    title=mark("A code of your name and address"),
    purpose=mark("So that nobody writes twice."), names=False,
)  # fmt: skip
NUMBERS = Topic(
    id="numbers", whose=Whose.SUPPORTER, ground=Ground.GUARD, ends=Ends.GOOD,
    title=mark("That somebody wrote, to which offices and when"),
    purpose=mark("To count letters, without a name."), names=False,
)  # fmt: skip

STAFF = Topic(
    id="staff", whose=Whose.STAFF, ground=Ground.GUARD, ends=Ends.ACCOUNT,
    title="Accounts of staff",
    purpose="To let in who may look after the campaign, and nobody else.",
)  # fmt: skip
ACTS = Topic(
    id="acts", whose=Whose.STAFF, ground=Ground.PROOF, ends=Ends.GOOD,
    title="Who did what, by ids",
    purpose="So that acts and looks at people's data can be checked.",
)  # fmt: skip
OFFICE = Topic(
    id="office", whose=Whose.OFFICIAL, ground=Ground.GUARD, ends=Ends.GOOD,
    title="Public offices and who holds them",
    purpose="To know where letters go.",
)  # fmt: skip
OURS = Topic(
    id="ours", whose=Whose.NOBODY, ground=Ground.NONE, ends=Ends.OURS,
    title="What the program needs to work",
    purpose="It names nobody.",
)  # fmt: skip

PUBLIC = (WHO, LETTERS, MAILS, FATE, AGREED, GUARD, LIMITS, WISH, ONCE, NUMBERS)
"""What a supporter is told of on the privacy page, in this order."""

TOPICS = (*PUBLIC, STAFF, ACTS, OFFICE, OURS)
