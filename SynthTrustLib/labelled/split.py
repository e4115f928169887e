"""Which patients train, calibrate and test: by patient across cohorts, with sites balanced, frozen once as JSON."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from SynthTrustLib.codec import Text, decode, parse
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.whole_file import write_text

PARTS = ("train", "calibration", "test")

Split = dict[str, dict[str, list[str]]]
"""cohort -> part -> case ids"""


class _Parts(TypedDict):
    train: list[Text]
    calibration: list[Text]
    test: list[Text]


class _File(TypedDict):
    command: NotRequired[str]
    cohorts: dict[str, _Parts]


def make_split(
    cases: Sequence[LabelledCase],
    sizes: Mapping[str, Sequence[int]],
    *,
    seed: int,
    pinned: Mapping[str, str] | None = None,
) -> Split:
    """Deal the cases of every cohort into train, calibration and test.

    Cases of one person (see `persons`) land in one part, whatever their cohort. Sites are spread evenly: the cases of a
    cohort are dealt site by site, each to the part that lacks most of its share.

    `sizes`: cohort -> number of cases in (train, calibration, test); they add up to the cohort's size. `pinned`: case
    id -> part, for cases whose place is decided beforehand.
    """
    by_id = {case.id: case for case in cases}
    for cohort, counts in sizes.items():
        there = sum(case.cohort == cohort for case in cases)
        if there != sum(counts):
            raise InputError(
                f"there are {there} labelled cases, but the sizes {tuple(counts)} ask for {sum(counts)}",
                source=cohort,
                next_step="Change the sizes so that they add up to the number of cases.",
            )
    groups = _by_person(cases)
    left = {cohort: dict(zip(PARTS, counts, strict=True)) for cohort, counts in sizes.items()}
    place: dict[str, str] = {}

    def put(group: Iterable[str], part: str) -> None:
        for identifier in group:
            place[identifier] = part
            left[by_id[identifier].cohort][part] -= 1

    dealt: set[frozenset[str]] = set()
    for group in groups:
        for identifier in group:
            if pinned and identifier in pinned and group not in dealt:
                put(group, pinned[identifier])
                dealt.add(group)

    shuffled = random.Random(seed)
    order = sorted((group for group in groups if group not in dealt), key=lambda group: (-len(group), min(group)))
    shuffled.shuffle(order)
    # Linked patients first, while every part still has room; then cohort by cohort and site by site.
    order.sort(key=lambda group: (-len(group), _site(group, by_id)))
    total = {cohort: sum(counts) for cohort, counts in sizes.items()}
    for group in order:
        cohorts = [by_id[identifier].cohort for identifier in group]
        site = _site(group, by_id)
        open_parts = [part for part in PARTS if all(left[c][part] >= cohorts.count(c) for c in cohorts)]
        if not open_parts:
            raise InputError(
                "no part has room for all cases of this patient",
                source=", ".join(sorted(group)),
                next_step="Make a part larger or pin fewer cases.",
            )

        def lack(part: str, site: tuple[str, str] = site, cohorts: list[str] = cohorts) -> tuple[float, float]:
            cohort = cohorts[0]
            there = sum(place.get(case.id) == part for case in cases if (case.cohort, case.site) == site)
            everywhere = sum((case.cohort, case.site) == site for case in cases)
            share = sizes[cohort][PARTS.index(part)] / total[cohort]
            return share * everywhere - there, left[cohort][part] / total[cohort]

        put(group, max(open_parts, key=lack))
    return {
        cohort: {part: sorted(i for i, p in place.items() if p == part and by_id[i].cohort == cohort) for part in PARTS}
        for cohort in sizes
    }


def write_split(path: Path, split: Split, command: str) -> None:
    """Store a split as JSON (ids only) with the command that made it."""
    write_text(path, json.dumps({"command": command, "cohorts": split}, indent=1) + "\n")


def read_split(path: Path) -> Split:
    """A stored split. Raises InputError if the file is not there, holds no split, or has a case in two parts."""
    try:
        file: Any = decode(_File, parse(path.read_text("utf-8")))
        split: Split = file["cohorts"]
    except (OSError, ValueError) as error:
        raise InputError(
            f"the split cannot be read: {error}",
            source=str(path),
            next_step="Name a file that synthtrust mixes split has made.",
        ) from error
    seen: dict[str, str] = {}
    for cohort, parts in split.items():
        for part, identifiers in parts.items():
            for identifier in identifiers:
                if identifier in seen:
                    raise InputError(
                        f"the case {identifier} stands there twice, in {seen[identifier]} and in {cohort} {part}",
                        source=str(path),
                        next_step="Keep it in one of them.",
                    )
                seen[identifier] = f"{cohort} {part}"
    return split


def part_cases(split: Split, cases: Mapping[str, LabelledCase], *parts: str) -> list[LabelledCase]:
    """The cases of these parts, cohort by cohort; `cases` are the labelled ones by id.

    Raises InputError if a case is not among the labelled ones.
    """
    wanted = [identifier for cohort in split.values() for part in parts for identifier in cohort[part]]
    for identifier in wanted:
        if identifier not in cases:
            raise InputError(
                "this case of the split is not among the labelled cases",
                source=identifier,
                next_step="Name the folder or table that holds all cases of the split.",
            )
    return [cases[identifier] for identifier in wanted]


def _by_person(cases: Sequence[LabelledCase]) -> list[frozenset[str]]:
    """The ids of every person's cases."""
    who = persons(cases)
    groups: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        groups[who[case.id]].add(case.id)
    return [frozenset(group) for group in groups.values()]


def _site(group: Iterable[str], by_id: Mapping[str, LabelledCase]) -> tuple[str, str]:
    first = by_id[min(group)]
    return first.cohort, first.site
