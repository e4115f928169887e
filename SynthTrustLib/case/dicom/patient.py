"""Whose images DICOM files are: one patient written in two ways is told from two patients, or nothing is said.

Only the same identifier of the same issuer makes two spellings one patient, and only where nothing contradicts it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

ALIKE = 0.75
"""Names whose letters agree to this share are spellings of one."""

_PLACEHOLDER = re.compile(
    r"|(\w)\1*|-+|\?+|\.+|1(2(3(4(5(6(7(89?)?)?)?)?)?)?)?|an+on.*|un+known.*|none|null|nil|n[/.]?a|no[ _-]?(id|name).*|"
    r"id|test.*|patient|patient[ _-]?id|pat|subject|phantom.*|de-?id.*|pseudo.*|removed|redacted|deleted|hidden|empty|"
    r"dummy|example|case|unbekannt|inconnu|desconocido|sconosciuto|匿名.*"
)
"""Identifiers, in lower case, that a program or a person writes for any patient."""


@dataclass(frozen=True)
class PatientIdentity:
    """What a header says of the patient. Never printed, and never kept beyond the sorting of files."""

    identifier: str = field(repr=False)
    issuer: str = field(repr=False)
    name: str = field(repr=False)
    birth: str = field(repr=False)
    sex: str = field(repr=False)

    @property
    def spelling(self) -> str:
        """A hash that tells two ways of writing a patient apart."""
        words = "|".join((self.identifier, self.issuer, self.name, self.birth, self.sex))
        return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()

    @property
    def is_known(self) -> bool:
        """Whether the identifier is of one patient, not one that is written for anybody."""
        return not _PLACEHOLDER.fullmatch(_plain(self.identifier))

    def may_be(self, other: PatientIdentity) -> bool:
        """Whether the two may be one patient: written to the letter alike, or by one identifier and no conflict."""
        if {self.sex, other.sex} == {"M", "F"}:
            return False
        if (self.identifier, self.name, self.birth) == (other.identifier, other.name, other.birth):
            return not (self.issuer and other.issuer) or _plain(self.issuer) == _plain(other.issuer)
        return (
            self.is_known
            and _plain(self.identifier) == _plain(other.identifier)
            and _plain(self.issuer) == _plain(other.issuer)
            and (not self.birth or not other.birth or self.birth == other.birth)
            and _names_alike(self.name, other.name)
        )


def read_patient(data: Any) -> PatientIdentity:
    """The patient of a header."""
    return PatientIdentity(
        identifier=str(data.get("PatientID") or "").strip(),
        issuer=str(data.get("IssuerOfPatientID") or "").strip(),
        name=str(data.get("PatientName") or "").strip(),
        birth=re.sub(r"\D", "", str(data.get("PatientBirthDate") or "")).strip("0"),
        sex=str(data.get("PatientSex") or "").strip().upper()[:1],
    )


def tell_patients(identities: Collection[PatientIdentity]) -> dict[PatientIdentity, str]:
    """A key for each identity, the same for those that may be one patient.

    Identities that fit a third but contradict each other are all kept apart.
    """
    groups: list[list[PatientIdentity]] = []
    for identity in sorted(set(identities), key=lambda one: one.spelling):
        fitting = [group for group in groups if any(identity.may_be(one) for one in group)]
        groups = [group for group in groups if group not in fitting]
        groups.append([identity, *(one for group in fitting for one in group)])
    keys: dict[PatientIdentity, str] = {}
    for group in groups:
        agreed = all(one.may_be(other) for one, other in combinations(group, 2))
        keys |= {one: group[0].spelling if agreed else one.spelling for one in group}
    return keys


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _names_alike(one: str, other: str) -> bool:
    """Whether two names can be one. Scripts that cannot be compared are no contradiction; nor is a missing name."""
    if not one or not other or one == other:
        return True
    for mine in _writings(one):
        for theirs in _writings(other):
            if not mine or not theirs or _words_alike(mine, theirs):
                return True
    return False


def _writings(name: str) -> list[list[str]]:
    """The words of each writing of a name (alphabetic, ideographic, phonetic); none of one that is not in Latin."""
    return [_words(part) for part in name.split("=") if part]


def _words(text: str) -> list[str]:
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ø", "oe"), ("å", "aa")):
        text = text.casefold().replace(umlaut, letters)
    folded = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    if not folded.isascii() or "?" in folded or "\x1b" in text or "\\" in text:
        return []
    words = re.findall(r"[a-z]+", folded)
    return [] if _PLACEHOLDER.fullmatch(" ".join(words)) else words


def _words_alike(one: list[str], other: list[str]) -> bool:
    """The same words in any order, with initials or further names in one of the two, or misspelt."""
    few, many = sorted((one, other), key=len)
    rest = list(many)
    for word in few:
        found = next((w for w in rest if w == word or (1 in (len(w), len(word)) and w[0] == word[0])), None)
        if found is None:
            break
        rest.remove(found)
    else:
        return True
    return SequenceMatcher(None, " ".join(sorted(one)), " ".join(sorted(other))).ratio() >= ALIKE
