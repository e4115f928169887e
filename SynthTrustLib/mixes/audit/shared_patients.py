"""Which real patients the generator was trained on: those cannot stand for patients whom it has not seen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from SynthTrustLib.mixes.audit.case_measures import CaseMeasures

_MERE_NUMBER = re.compile(
    r"(?i)(case|patient|pat|subject|subj|sub|id|p|s|image|img|volume|vol|real|train|test|sample|mri|brain)?"
    r"[-_ ./]*\d{1,4}"
)
"""Names that any set may have for any person: the first one's, the second one's."""

BY_FILES = "its files are those of a training patient, so it is no stranger to the generator"
BY_NAME = "it is called as a training patient is, so it was taken for the same person"
ONLY_NUMBERED = "called as a training patient is, by a mere number, with other files: taken for another patient"


def shared_patients(real: Sequence[CaseMeasures], training: Sequence[CaseMeasures]) -> dict[str, str]:
    """Name -> why it is left out, of the real cases that are of training patients, by their files or their names.

    Of a person who is known by one case all others go with it.
    """
    files, names = {case.content for case in training}, {case.patient for case in training}
    left: dict[str, str] = {}
    for case in real:
        if case.content in files:
            left[case.id] = BY_FILES
        elif case.patient in names and not is_mere_number(case.patient):
            left[case.id] = BY_NAME
    known = {case.patient: left[case.id] for case in reversed(real) if case.id in left}
    return {case.id: left.get(case.id, known[case.patient]) for case in real if case.patient in known}


def numbered_alike(real: Sequence[CaseMeasures], training: Sequence[CaseMeasures]) -> int:
    """How many real cases have the name of a training patient that says nothing, as it is a number, and other files."""
    files, names = {case.content for case in training}, {case.patient for case in training}
    return sum(case.content not in files and case.patient in names and is_mere_number(case.patient) for case in real)


def is_mere_number(name: str) -> bool:
    """Whether a name only counts patients."""
    return bool(_MERE_NUMBER.fullmatch(name))
