"""What a run leaves of a patient with a reference, so that a calibration needs no network again: numbers only."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from SynthTrustLib.calibration.held_out import trained_on_by_cards
from SynthTrustLib.calibration.measured import VERSION, Measured, measure_stack
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.codec import parse
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.runner.files.folder import MEASURED_FILE
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.roles import Roles
from SynthTrustLib.trust.learned import signals
from SynthTrustLib.trust.measures import appearance
from SynthTrustLib.trust.measures.appearance import Views
from SynthTrustLib.trust.measures.plain_checks import Plain, plain_facts
from SynthTrustLib.vocabulary import Region

FORMAT = 1

VERSIONS = {"measured": VERSION, "signals": signals.VERSION, "appearance": appearance.VERSION}
"""Of the code that computes what is kept; numbers of others do not belong to ours."""

MADE_HERE = "made-here"
"""Cohort and site of these patients in a calibration file."""


@dataclass(frozen=True)
class Who:
    """Whose answers an example is about: hashes of the jury and of who draws the outline of record."""

    family: str
    engine: str
    """What ran the networks."""
    preset: Mapping[str, Any]
    """``segmenters``, ``settings`` and, unless the outline is pooled, ``record``, as in a calibration file."""

    @property
    def mark(self) -> str:
        """The same for the same."""
        return json.dumps([self.family, self.preset], sort_keys=True)


@dataclass(frozen=True, eq=False)
class Example:
    """One patient of a cohort with a reference."""

    who: Who
    measured: Measured
    views: Views
    plain: Plain
    trained_on: bool


class Witness:
    """Writes an example for the patient that is assessed. `names` are those that the patient is known by."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names

    def __call__(
        self,
        case: PatientCase,
        stack: ProbabilityStack,
        maps: TrustMaps,
        roles: Roles,
        reference: Mapping[str, npt.NDArray[np.bool_]],
    ) -> str:
        """As `runner.assess.Witness`; no name is written, only whether a segmenter was trained on it."""
        from SynthTrustLib.calibration.fit.everything import who_they_are

        cards = {card.id: card for card in stack.segmenters}
        ours = all(not card.is_outside for card in stack.segmenters)
        first = stack.segmenters[0]
        views = appearance.appearance(
            prepare(case, Preprocessing.from_dict(first.preprocessing)).image, case.task.contrast_ids
        )
        record = {
            "format": FORMAT,
            "versions": VERSIONS,
            "family": first.family if ours and len({card.family for card in stack.segmenters}) == 1 else None,
            "engine": stack.engine,
            "preset": who_they_are([cards[one] for one in roles.jury], cards.get(roles.record)) if ours else None,
            "trained_on": not trained_on_by_cards(stack.segmenters).isdisjoint(self.names),
            **measure_stack(case, stack, roles, reference, maps),
            "views": appearance.to_record(views),
            "plain": plain_facts(case),
        }
        return json.dumps(record) + "\n"


def read_trained_on(folder: Path) -> bool | None:
    """Whether a segmenter was trained on the patient of a result folder, whatever else is there; None if not told."""
    try:
        told = parse(read_regular(folder / MEASURED_FILE))["trained_on"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return bool(told)


def read_example(folder: Path, key: str, person: str) -> Example | str:
    """The example in a result folder, or why there is none that can be used, in a few words without a name."""
    try:
        record = parse(read_regular(folder / MEASURED_FILE))
    except FileNotFoundError:
        return "have no reference"
    except (OSError, ValueError):
        return "cannot be read"
    try:
        if (record["format"], record["versions"]) != (FORMAT, VERSIONS):
            return "were run by another version of SynthTrust"
        if record["family"] is None or record["preset"] is None:
            return "were compared with outlines made elsewhere, or with segmenters of several families"
        return Example(
            who=Who(record["family"], record["engine"], record["preset"]),
            measured=Measured.of(
                {**record, "regions": {name: one for name, one in record["regions"].items() if name in list(Region)}},
                case=key,
                patient=person,
                cohort=MADE_HERE,
                site=MADE_HERE,
            ),
            views=appearance.from_record(record["views"]),
            plain=record["plain"],
            trained_on=bool(record["trained_on"]),
        )
    except (ValueError, KeyError, TypeError):
        return "cannot be read"
