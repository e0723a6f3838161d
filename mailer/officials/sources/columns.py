"""Which column of a table is which: names that English and French lists give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mailer import addresses
from mailer.problems import did_you_mean
from mailer.records.findings import quoted

_MEANT = {
    "id": "id, identifier, identifiant, slug",
    "name": "name, full name, nom complet, prenom et nom, prenom nom,"
    " member, member name, depute, deputee, elu, elue, elus, representative, official, politician,"
    " mp, mpp, mla, mna, senator, senateur, conseiller, councillor, display name, nom affiche",
    "first": "first name, first names, firstname, given name, given names, forename, prenom,"
    " prenoms, prenom usuel",
    "last": "last name, lastname, surname, family name, nom de famille, nom usuel, nom d usage",
    "sort": "sort name, nom de tri",
    "email": "email, e mail, mail, email address, e mail address, courriel, courriels, mel,"
    " adresse courriel, adresse de courriel, adresse electronique, adresse e mail, adresse email,"
    " adresse mail, courrier electronique, contact email, primary email",
    "district": "district, riding, constituency, circonscription, electoral district, ward, area,"
    " district name, riding name, constituency name, nom de la circonscription, comte, quartier,"
    " circonscription electorale, libelle circonscription, seat, arrondissement",
    "region": "region, province, territory, province territory, province territoire, state,"
    " departement, constituency province territory, province ou territoire",
    "group": "party, group, parti, groupe, political party, parti politique, political affiliation,"
    " party name, groupe politique, groupe parlementaire, caucus, affiliation,"
    " affiliation politique, faction, appartenance politique, nom du parti",
    "title": "title, role, titre, fonction, function, position, office, elected office,"
    " primary role, primary role en, job title, charge, qualite, poste",
    "honorific": "honorific, honorific title, honorific prefix, prefix, titre honorifique,"
    " civilite",
    "salutation": "salutation, formule d appel, appel, dear",
    "phone": "phone, telephone, tel, phone number, telephone number, numero de telephone,"
    " no de telephone, office phone, phone office",
    "address": "address, adresse, postal address, mailing address, adresse postale, street address,"
    " office address",
    "language": "language, langue, preferred language, langue preferee, langue de correspondance",
    "tags": "tags, tag, labels, etiquettes, mots cles",
    "from": "start date, from, date de debut, debut du mandat, debut de mandat",
    "until": "end date, until, date de fin, fin du mandat, fin de mandat",
    "portfolios": "portfolio, portfolios, portefeuille, portefeuilles, ministry, ministere",
}
FIELDS = tuple(_MEANT)
"""What a column can be: keys of officials.yaml, parts of a name, `group` (the party), and the days
from and until which somebody is a member."""

BY_LANGUAGE = frozenset({"district", "title", "honorific", "salutation"})
_NAMES = {name: key for key, names in _MEANT.items() for name in names.split(", ")}
_LANGUAGES = {"en": "en", "fr": "fr", "english": "en", "french": "fr", "anglais": "en",
              "francais": "fr", "eng": "en", "fra": "fr"}  # fmt: skip


class NoColumn(Exception):  # noqa: N818 - wrong usage, told to a person
    """A mapping names a column or a field that is not there."""


def bare(name: str) -> str:
    """A column's name for comparing: no accents, capitals and punctuation."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", addresses.folded(name)).split())


def guess(name: str) -> str:
    """The field a column's name means, as email or district.fr; "" for none of ours."""
    plain = bare(name)
    if plain in _NAMES:
        return _NAMES[plain]
    head, _, tail = plain.rpartition(" ")
    key = _NAMES.get(head, "")
    return f"{key}.{_LANGUAGES[tail]}" if key in BY_LANGUAGE and tail in _LANGUAGES else ""


def assign(
    header: Sequence[str], asked: Mapping[str, str]
) -> tuple[dict[int, str], tuple[str, ...]]:
    """What each column is, by its index, and sentences about what was not clear.

    `asked` says it of some by their names and wins; raises NoColumn.
    """
    found = _asked(header, asked)
    named = {name for name in found.values() if name}
    notes: list[str] = []
    for index, name in enumerate(header):
        meant = guess(name) if index not in found else ""
        if meant and meant in named:
            notes.append(f"the column {quoted(name)} is not read: another is the {meant} already")
        elif meant:
            found[index] = meant
            named.add(meant)
    _french_surname(header, found, named)
    return {index: name for index, name in found.items() if name}, tuple(notes)


def _asked(header: Sequence[str], asked: Mapping[str, str]) -> dict[int, str]:
    places = {bare(name): index for index, name in reversed(list(enumerate(header)))}
    exact = {name.strip(): index for index, name in reversed(list(enumerate(header)))}
    found: dict[int, str] = {}
    for column, key in asked.items():
        index = exact.get(column.strip(), places.get(bare(column)))
        if index is None:
            hint = did_you_mean(column, exact) or f"there are {', '.join(exact)}"
            raise NoColumn(f"there is no column {quoted(column)}; {hint}")
        found[index] = _field(key)
    return found


def _field(key: str) -> str:
    head, _, language = key.partition(".")
    if not key or (head in FIELDS and (not language or head in BY_LANGUAGE)):
        return key
    hint = did_you_mean(key, FIELDS) or f"there are {', '.join(FIELDS)}"
    raise NoColumn(f"there is no field {quoted(key)}; {hint}")


def _french_surname(header: Sequence[str], found: dict[int, str], named: Iterable[str]) -> None:
    """ "Nom" is a whole name in some lists, and the last name where another column is "Prénom"."""
    index = next((at for at, name in enumerate(header) if bare(name) in {"nom", "noms"}), None)
    if index is not None and index not in found:
        taken = set(named)
        meant = "last" if "first" in taken else "name"
        if meant not in taken:
            found[index] = meant
