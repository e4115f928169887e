"""Who is one person: all cases that ``same_patient_as`` joins, directly or through others, in either direction.

It may name a case that is not here, as where only one of two cohorts was unpacked, or be a name that the cases of a
person share. Cases that name the same are then one person; a name that only one case gives joins it to nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from SynthTrustLib.labelled.case import LabelledCase


def persons(cases: Collection[LabelledCase]) -> dict[str, str]:
    """Every case id, and every name that a case gives -> the person: the smallest id among his cases."""
    ids = {case.id for case in cases}
    joined: dict[str, str] = {}

    def first(name: str) -> str:
        while (before := joined.setdefault(name, name)) != name:
            name = before
        return name

    for case in cases:
        pair = first(case.id), first(case.same_patient_as or case.id)
        one, other = sorted(pair, key=lambda name: (name not in ids, name))
        joined[other] = one
    return {name: first(name) for name in joined}


def joined_to_nobody(cases: Collection[LabelledCase]) -> list[LabelledCase]:
    """The cases that name a patient whom no other case is or names: a case that is not here, or a typing error."""
    ids = {case.id for case in cases}
    given = Counter(case.same_patient_as for case in cases)
    return [
        case
        for case in cases
        if case.same_patient_as and case.same_patient_as not in ids and given[case.same_patient_as] == 1
    ]
