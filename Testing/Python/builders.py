"""Small, fully known patients and answers for tests. Nothing here reads a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from SynthTrustLib.case.geometry import Geometry
from SynthTrustLib.case.part import Part
from SynthTrustLib.case.patient_case import ContrastVolume, PatientCase, Skull
from SynthTrustLib.maps.compute import compute_maps
from SynthTrustLib.outcome.outcome import Outcome, outcome_of
from SynthTrustLib.segmenters.package.card import SegmenterCard, TrainingMix
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.trust.scorecard import Scorecard
from SynthTrustLib.vocabulary import Contrast, Region


def grid(shape=(12, 20, 16), spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), flip=(-1, -1, 1)) -> Geometry:
    """An axis-aligned grid; `spacing` along (k, j, i), `flip` the signs of the i, j, k axes in RAS (LPS by default)."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.diag([flip[0] * spacing[2], flip[1] * spacing[1], flip[2] * spacing[0]])
    matrix[:3, 3] = origin
    return Geometry(shape, matrix)


def ball(shape, center=None, radius=4.0) -> np.ndarray:
    """A boolean ball in index space (k, j, i)."""
    center = [(n - 1) / 2 for n in shape] if center is None else center
    index = np.indices(shape, dtype=np.float64)
    return sum((axis - c) ** 2 for axis, c in zip(index, center, strict=True)) <= radius**2


def card(identifier="real", synthetic=0, real=10, **changes) -> SegmenterCard:
    """A segmenter's card with `real` real and `synthetic` synthetic training cases."""
    fields = {
        "id": identifier,
        "name": identifier.replace("-", " "),
        "version": "1",
        "family": "test",
        "summary": "made for a test",
        "training_mix": TrainingMix(
            real_cases=real, synthetic_cases=synthetic, generator="test" if synthetic else None, seed=1
        ),
        "contrasts": tuple(Contrast),
        "required_contrasts": (),
        "regions": tuple(Region),
        "thresholds": dict.fromkeys(Region, 0.5),
        "preprocessing": {},
        "licence": "test",
        "intended_use": "tests",
        "not_for": ("anything else",),
        "presets": ("ladder",),
    }
    return SegmenterCard(**(fields | changes))


def case(shape=(12, 20, 16), contrasts: Sequence[Contrast] = tuple(Contrast), seed=0, **changes) -> PatientCase:
    """A stripped head (a ball of noise in zeros) on a 1 mm grid."""
    geometry = changes.pop("geometry", None) or grid(shape)
    random = np.random.default_rng(seed)
    head = ball(geometry.shape, radius=min(geometry.shape) * 0.45)
    volumes = {
        contrast: ContrastVolume(
            contrast=contrast,
            array=np.where(head, random.uniform(100, 900, geometry.shape), 0).astype(np.float32),
            source=f"{contrast.lower()}.nii.gz",
            sha256="0" * 64,
            native=geometry,
        )
        for contrast in contrasts
    }
    fields = {
        "geometry": geometry,
        "volumes": volumes,
        "reference": contrasts[-1],
        "spacing_trusted": True,
        "skull": Skull.OFF,
    }
    return PatientCase(**(fields | changes))


def stack(probabilities: np.ndarray, synthetic=None, geometry: Geometry | None = None) -> ProbabilityStack:
    """A stack of `probabilities` (segmenter, region, k, j, i); `synthetic` counts synthetic cases out of 100."""
    members = len(probabilities)
    synthetic = list(np.linspace(0, 100, members).astype(int)) if synthetic is None else synthetic
    cards = tuple(card(f"mix-{n}-{m}", synthetic=int(n), real=100 - int(n)) for m, n in enumerate(synthetic))
    shape = probabilities.shape[2:]
    return ProbabilityStack(
        probabilities=np.asarray(probabilities, np.float32),
        segmenters=cards,
        regions=tuple(Region)[: probabilities.shape[1]],
        geometry=geometry or grid(shape),
        support=everything(shape),
    )


def on_grid(stack: ProbabilityStack) -> np.ndarray:
    """The probabilities on the whole grid, (segmenter, region, k, j, i)."""
    shape = stack.geometry.shape
    return np.stack([[Part(stack.support, region).whole(shape) for region in one] for one in stack.probabilities])


def everything(shape) -> tuple[slice, slice, slice]:
    """The box (k, j, i) that is all of a grid."""
    k, j, i = (slice(0, n) for n in shape)
    return k, j, i


def outcome(stack: ProbabilityStack) -> Outcome:
    """What a run with these answers has found, with a scorecard that says nothing."""
    return outcome_of(stack, compute_maps(stack), Scorecard((), stack.segmenters, {}, {}, (), ()))
