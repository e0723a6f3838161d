"""What is read out of the main pages: how a screen reader names what stands on them, in order.

Each line is a part of one of the page's accessibility tree, as Playwright writes it down.
"""

from __future__ import annotations

import re


def lacking(tree: str, language: str, page: str) -> str:
    """The first line of a page's that its tree has not, or not behind those before; "" for none."""
    said = iter(_plain(tree).splitlines())
    wanted = SAID[language].get(page, "").splitlines()
    return next((line for line in wanted if not any(line in one for one in said)), "")


def _plain(tree: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", tree).replace('"', "")


SAID: dict[str, dict[str, str]] = {
    "en": {
        "an empty form refused": """\
alert There is a problem
heading There is a problem [level=2]
link Choose who you want to write to
link Enter your full name
link Enter your email address
heading Write your letters [level=2]
group Who do you want to write to?
paragraph: Error: Choose who you want to write to
checkbox Nora North, Minister of Exams
checkbox Sam South
paragraph: Error: Enter your full name
textbox Full name [invalid]
textbox Email address [invalid]
textbox Postal code (optional)
group I write as (optional)
radio Student
listitem: Student – What was your exam like?
textbox Your own words (optional)
button Check your letters
complementary Who you can write to
""",
        "letters to check": """\
heading Check your letters [level=1]
did you mean ann@gmail.com
button Send my letters
button Change something
heading To Nora North Minister of Exams [level=2]
term: To
definition: The Honourable Nora North <north@ministry.example>
heading To Sam South [level=2]
paragraph: The same letter, but for these words:
group: Read this letter in full – Sam South
button Send my letters
""",
        "the link in the mail": """\
heading Confirm your letters [level=1]
Written by Ann Example
button Send my letters
text: To The Honourable Nora North
term: Subject
group: To Sam South
heading It was not you? [level=2]
group: Never mail me again
""",
        "a receipt": """\
heading Thank you, Ann Example [level=1]
paragraph: Your letters are safe with us and leave in their turn.
term: Reference
button Mail me a copy
link All letters as a PDF
heading The Honourable Nora North [level=2]
In the queue
text: The letter – The Honourable Nora North
group: Send it another way – The Honourable Nora North
heading Sam South [level=2]
group: The letter – Sam South
link Withdraw letters
link Erase my data
button Take this back
""",
    },
    "fr": {
        "an empty form refused": """\
alert Il y a un problème
heading Il y a un problème [level=2]
link Choisissez à qui vous voulez écrire
link Écrivez votre nom complet
link Écrivez votre adresse courriel
heading Écrivez vos lettres [level=2]
group À qui voulez-vous écrire ?
paragraph: Erreur : Choisissez à qui vous voulez écrire
checkbox Nora North, ministre des Examens
checkbox Sam South
paragraph: Erreur : Écrivez votre nom complet
textbox Nom complet [invalid]
textbox Adresse courriel [invalid]
textbox Code postal (facultatif)
group J’écris en tant que (facultatif)
radio Student
textbox Vos propres mots (facultatif)
button Vérifiez vos lettres
complementary À qui vous pouvez écrire
""",
        "letters to check": """\
heading Vérifiez vos lettres [level=1]
vouliez-vous écrire ann@gmail.com
button Envoyer mes lettres
button Modifier quelque chose
heading À Nora North ministre des Examens [level=2]
term: À
definition: L'honorable Nora North <north@ministry.example>
heading À Sam South [level=2]
paragraph: La même lettre, à ces mots près :
group: Lire cette lettre en entier – Sam South
button Envoyer mes lettres
""",
        "the link in the mail": """\
heading Confirmez vos lettres [level=1]
écrites par Ann Example
button Envoyer mes lettres
text: À L'honorable Nora North
term: Objet
group: À Sam South
heading Ce n’était pas vous ? [level=2]
group: Ne plus jamais m’écrire
""",
        "a receipt": """\
heading Merci, Ann Example [level=1]
paragraph: Vos lettres sont en sûreté chez nous et partent à leur tour.
term: Référence
button M’envoyer une copie
link Toutes les lettres en PDF
heading L'honorable Nora North [level=2]
Dans la file
text: La lettre – L'honorable Nora North
group: L’envoyer autrement – L'honorable Nora North
heading Sam South [level=2]
group: La lettre – Sam South
link Retirer des lettres
link Effacer mes données
button Retirer cet accord
""",
    },
}
