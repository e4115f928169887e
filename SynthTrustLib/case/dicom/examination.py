"""Which DICOM files are of one examination. Identifiers of studies are not trusted alone.

Anonymizers and archives give every series a study of its own, or all examinations of a patient the same one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class StudyMarks:
    """What tells examinations apart. Dates are those of the patient's visit: never printed."""

    uid: str
    day: str = field(repr=False)  # of the acquisition, or else of the study: YYYYMMDD, empty if unknown
    start: str = field(repr=False)  # date and time that the study began, empty unless both are known
    accession: str = field(repr=False)
    frame: str  # frame of reference: what was scanned without the patient getting up shares it

    @property
    def when(self) -> str:
        """Sorts examinations by time."""
        return self.start or self.day


def read_study(data: Any) -> StudyMarks:
    """The marks of a header."""
    begun, time = _day(data.get("StudyDate")), re.sub(r"\D", "", str(data.get("StudyTime") or "").split(".")[0])
    acquired = _day(data.get("AcquisitionDate")) or _day(data.get("AcquisitionDateTime"))
    return StudyMarks(
        uid=str(data.get("StudyInstanceUID") or ""),
        day=acquired or begun,
        start=begun + time if begun and time.strip("0") else "",
        accession=str(data.get("AccessionNumber") or "").strip().strip("0"),
        frame=str(data.get("FrameOfReferenceUID") or ""),
    )


def tell_examinations(marks: Iterable[tuple[str, StudyMarks]]) -> dict[tuple[str, StudyMarks], str]:
    """A key for the examination of each (patient, marks); the same where two are of one.

    Of one patient these belong together: series of one study, of one frame of reference, of studies that began at the
    same time, or with the same accession number. Nothing does that was scanned more than a day apart.
    """
    known = sorted(set(marks), key=lambda one: (one[0], one[1].day, one[1].when, one[1].uid, one[1].frame))
    leader = {one: one for one in known}

    def lead(one: tuple[str, StudyMarks]) -> tuple[str, StudyMarks]:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    seen: dict[tuple[str, str, str], tuple[str, StudyMarks]] = {}
    for one in known:
        patient, study = one
        clues = {"study": study.uid, "frame": study.frame, "start": study.start, "accession": study.accession}
        for kind, value in clues.items():
            if not value:
                continue
            before = seen.get((patient, kind, value))
            if before is not None and near_days(before[1].day, study.day):
                leader[lead(one)] = lead(before)
            seen[patient, kind, value] = one
    return {one: _hashed(lead(one)) for one in known}


def _hashed(one: tuple[str, StudyMarks]) -> str:
    patient, study = one
    words = "|".join((patient, study.uid, study.day, study.start, study.accession, study.frame))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def _day(value: Any) -> str:
    digits = re.sub(r"\D", "", str(value or ""))[:8]
    return digits if len(digits) == 8 and digits.strip("0") else ""


def near_days(one: str, other: str) -> bool:
    """Whether two days (YYYYMMDD) can be of one examination: a night lies between them at most, or one is unknown."""
    if not one or not other or one == other:
        return True
    try:
        first, second = (date(int(d[:4]), int(d[4:6]), int(d[6:])) for d in (one, other))
    except ValueError:
        return False
    return abs((first - second).days) <= 1
