"""Held-out patients are persons that nothing was learned from, whatever their cases are called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.persons import persons
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage


def trained_on(packages: Iterable[SegmenterPackage]) -> set[str]:
    """Ids of the cases that the segmenters learned from, or their synthetic ones were made from, as their cards say."""
    return trained_on_by_cards(package.card for package in packages)


def trained_on_by_cards(cards: Iterable[SegmenterCard]) -> set[str]:
    """The same, of segmenters without their packages; those whose weights one has started from taught it, too."""
    found: set[str] = set()
    for card in cards:
        training: Any = card.training
        while isinstance(training, Mapping):
            lists = (training.get(name) for name in ("real_cases", "source_cases"))
            found.update(str(case) for cases in lists if isinstance(cases, list) for case in cases)
            training = training.get("start")
    return found


def require_held_out(
    entries: Sequence[LabelledCase], everyone: Collection[LabelledCase], learned_from: Collection[str], who: str
) -> None:
    """Refuse cases of persons that were learned from, by an InputError that names the first.

    `everyone`: all cases that tell who is one person, the `entries` among them. `learned_from`: case ids; they need not
    be among `everyone`. `who`: who learned from them, for the message: ``"the segmenters were trained on"``.
    """
    person = persons(everyone)
    taken = {person.get(case, case) for case in learned_from}
    known = [entry.id for entry in entries if person[entry.id] in taken]
    if known:
        raise InputError(
            f"{who} this patient, the first of {len(known)} such among {len(entries)} cases",
            source=known[0],
            next_step="Leave them out, or name the split that does so with --split.",
        )
