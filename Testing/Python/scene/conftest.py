"""A small patient with five segmenters that agree on the middle of a tumor and not on its border."""

from __future__ import annotations

from dataclasses import dataclass, replace

import builders
import numpy as np
import pytest
from scipy.special import expit

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.maps.spots.find import find_review_spots
from SynthTrustLib.maps.trust_maps import TrustMaps
from SynthTrustLib.outcome.outcome import Outcome, outcome_of
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.trust.assess import build_scorecard
from SynthTrustLib.trust.scorecard import Scorecard

pytest.importorskip("slicer", reason="slicer-core is not installed: pip install 'synthtrust[scene]'")

SHAPE = (16, 44, 40)
CENTER = (8, 20, 27)
"""Index (k, j, i) of the tumor. i runs from the patient's right to the left, so the tumor is on the left."""

RADII = (4.0, 5.5, 7.0, 8.5, 10.0)
"""Of the whole tumor by segmenter in voxels of 1.5 mm, from real training data only to synthetic only."""

REGION_SHARE = (1.0, 0.7, 0.45)


@dataclass(frozen=True, eq=False)
class Parts:
    """What the scene is handed."""

    case: PatientCase
    stack: ProbabilityStack
    maps: TrustMaps
    scorecard: Scorecard

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.stack, self.maps, self.scorecard)

    def __iter__(self):
        return iter((self.case, self.outcome))


def assess(case: PatientCase, stack: ProbabilityStack) -> Parts:
    """Everything that follows from a patient and the segmenters' answers."""
    maps = compute_maps(stack)
    spots = find_review_spots(stack, maps, spacing_trusted=True)
    provenance = {"created": "2026-03-04T05:06:07+00:00"}
    return Parts(case, stack, maps, build_scorecard(case, stack, maps, spots, provenance=provenance))


def soft_balls(shape=SHAPE, center=CENTER, radii=RADII) -> np.ndarray:
    """Probabilities (segmenter, region, k, j, i) that fall from 1 to 0 across the border of each ball.

    Voxels are twice as high as wide, so that the balls are round in mm.
    """
    k, j, i = np.indices(shape, dtype=np.float32)
    distance = np.sqrt((2 * (k - center[0])) ** 2 + (j - center[1]) ** 2 + (i - center[2]) ** 2)
    answers = [[expit(4 * (radius * share - distance)) for share in REGION_SHARE] for radius in radii]
    return np.array(answers, np.float32)


def make_parts(**changes) -> Parts:
    """The small patient."""
    geometry = builders.grid(SHAPE, spacing=(3.0, 1.5, 1.5), origin=(30.0, 40.0, -20.0))
    fields = {"geometry": geometry, "label": "Case 7"}
    case = builders.case(**(fields | changes))
    for volume in case.volumes.values():
        volume.array[:] = np.round(volume.array)
    return assess(case, builders.stack(soft_balls(), geometry=geometry))


@pytest.fixture(scope="session")
def parts() -> Parts:
    return make_parts()


@pytest.fixture
def scene():
    from SynthTrustLib.scene.standalone import standalone_scene

    with standalone_scene() as empty:
        yield empty


@pytest.fixture(scope="session")
def studio():
    """Slicer's slice views, off-screen."""
    from scene import rendering

    if reason := rendering.why_not():
        pytest.skip(reason)
    pytest.importorskip("trame_slicer", reason="trame-slicer is not installed: pip install 'synthtrust[test]'")
    return rendering.Studio()


def with_threshold(stack: ProbabilityStack, member: int, threshold: float) -> ProbabilityStack:
    """The stack with another threshold for one segmenter."""
    cards = list(stack.segmenters)
    cards[member] = replace(cards[member], thresholds=dict.fromkeys(stack.regions, threshold))
    return replace(stack, segmenters=tuple(cards))
