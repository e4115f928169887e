"""Whether the names of a patient's files, and of the folders that they lie in, speak of one patient and examination."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.examination import near_days

_SUBJECT = re.compile(r"(?<![a-z0-9])sub-([a-z0-9]+)", re.IGNORECASE)
_SESSIONS = tuple(
    re.compile(rf"(?<![a-z0-9]){pattern}", re.IGNORECASE)
    for pattern in (
        r"ses-([a-z0-9]+)",
        r"(?:session|visit|timepoint|tp|week|month)[-_ ]?(\d+)",
        r"(pre|post)[-_ ]?(?:op|oper|surg|resect|rt|radi|chemo|treat|therap)",
        r"(baseline|follow[-_ ]?up)",
    )
)
"""What tells one session of a patient from another, each by a group of its own."""

_YEAR_FIRST = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?=\d{6}(?!\d)|(?!\d))"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d\d)[-_.](\d\d)[-_.]((?:19|20)\d\d)(?!\d)")
"""A day and a month, in either order, and a year."""

_NUMBERED = re.compile(r"(?<![a-z0-9])([a-z]*)[-_ ]?(\d{3,8})(?![a-z0-9])", re.IGNORECASE)
"""A word with a number behind it, such as ``Patient_004``."""

_OF_SERIES = frozenset(
    {"s", "se", "ser", "serie", "series", "scan", "im", "img", "image", "i", "run", "acq", "seq", "mr", "t", "te", "tr"}
    | {"ti", "b", "e", "echo", "x", "v", "iso", "res", "dim"}
)
"""Words before the numbers of series, images and sizes, which differ between the contrasts of one patient."""

_OF_IDENTIFIERS = 5
"""A number without a word before it needs so many digits to be a patient's: shorter ones count series and voxels."""


def check_names(files: Mapping[str, Path]) -> Iterator[Check]:
    """Concerns about files by contrast whose names, beyond the folder that all of them lie in, contradict each other.

    Their texts name no file: only what they quote does.
    """
    if len(files) < 2:
        return
    names = _names(files)
    quoted = ", ".join(names.values())
    subjects = {contrast: set(map(str.lower, _SUBJECT.findall(name))) for contrast, name in names.items()}
    if _differ(subjects) or _other_numbers(list(names.values())):
        text = "the names of its files hold different identifiers: they may be of different patients"
        yield Check("patient", "case", Verdict.CONCERN, text, quoted)
    sessions = [{c: set(map(str.lower, mark.findall(name))) for c, name in names.items()} for mark in _SESSIONS]
    days = {contrast: _days(name) for contrast, name in names.items()}
    if any(map(_differ, sessions)) or _apart(days):
        text = "the names of its files speak of different sessions or days: they may be of different examinations"
        yield Check("examination", "case", Verdict.CONCERN, text, quoted)


def _names(files: Mapping[str, Path]) -> dict[str, str]:
    """What stands in the paths beyond the folder that all files lie in; all of it where they lie on several drives."""
    whole = {contrast: path.absolute() for contrast, path in files.items()}
    try:
        above = os.path.commonpath([path.parent for path in whole.values()])
    except ValueError:
        return {contrast: path.as_posix() for contrast, path in whole.items()}
    return {contrast: path.relative_to(above).as_posix() for contrast, path in whole.items()}


def _differ(marks: Mapping[str, set[str]]) -> bool:
    """Whether two files that have such marks share none."""
    return any(one and other and not one & other for one, other in combinations(marks.values(), 2))


def _days(name: str) -> set[str]:
    """The days (YYYYMMDD) in a name; of one that can be read in two ways, both."""
    found = {year + month + day for year, month, day in _YEAR_FIRST.findall(name)}
    for one, other, year in _YEAR_LAST.findall(name):
        found |= {year + month + day for day, month in ((one, other), (other, one)) if 1 <= int(month) <= 12}
    return found


def _apart(days: Mapping[str, set[str]]) -> bool:
    """Whether two files have days, and none of one is near any of the other."""
    return any(
        one and other and not any(near_days(a, b) for a in one for b in other)
        for one, other in combinations(days.values(), 2)
    )


def _other_numbers(names: list[str]) -> bool:
    """Whether a word is followed by one number in each name, which some of them share and others do not.

    Numbers of series and images differ in each; those of patients are the same in all.
    """
    if len(names) < 3:
        return False
    found: list[dict[tuple[str, int], set[str]]] = []
    for name in names:
        numbers: dict[tuple[str, int], set[str]] = {}
        for word, digits in _NUMBERED.findall(_YEAR_LAST.sub(" ", _YEAR_FIRST.sub(" ", name))):
            numbers.setdefault((word.lower(), len(digits)), set()).add(digits)
        found.append(numbers)
    for word, length in set.intersection(*(set(numbers) for numbers in found)):
        values = [numbers[word, length] for numbers in found]
        if word in _OF_SERIES or (not word and length < _OF_IDENTIFIERS) or any(len(value) > 1 for value in values):
            continue
        if 1 < len({min(value) for value in values}) < len(names):
            return True
    return False
