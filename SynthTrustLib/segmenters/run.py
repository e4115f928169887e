"""Runs several segmenters side by side on one patient."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.card import SegmenterCard
from SynthTrustLib.segmenters.engine import Engine, Network, choose_engine
from SynthTrustLib.segmenters.package import SegmenterPackage
from SynthTrustLib.segmenters.preprocess import (
    SLICES_PER_CONTRAST,
    PreparedCase,
    Preprocessing,
    prepare,
    restore,
    support_box,
)
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.vocabulary import Contrast, Region

ENGINE_BYTES = 250e6
"""What an engine takes before it has loaded anything, measured with OpenVINO."""

NETWORK_BYTES = 40e6
"""What each loaded segmenter takes with its activations, measured with OpenVINO."""

ROUNDING = 1e-4
"""A sigmoid may leave 0..1 by this much in an engine's arithmetic; it is clipped."""

RUNNING = "running the segmenters"

_PREPARED, _INFERRED = (
    0.15,
    0.95,
)  # how far the progress is when the images are prepared, and when the networks are done


@dataclass(eq=False)
class _Member:
    """A segmenter at work: `volume` (region, K, H, W) on the prepared grid, regions in its card's order."""

    index: int
    card: SegmenterCard
    network: Network
    channels: list[int] | None
    volume: npt.NDArray[np.float32]
    seconds: float


def run_segmenters(
    case: PatientCase,
    packages: Sequence[SegmenterPackage],
    *,
    engine: str | Engine = "auto",
    progress: Progress = silent,
) -> ProbabilityStack:
    """Probabilities of every package that can run on this patient, on the patient's grid.

    The images are prepared once for all segmenters with the same preprocessing; each batch of slices is gathered once
    and goes through all of them.

    Parameters
    ----------
    packages : sequence of SegmenterPackage
        They must draw the same regions. The stack keeps their order.
    engine : str or Engine
        A name from `engine.ENGINES`, or an engine.
    progress : Progress
        Called after every batch of every segmenter; the fraction spans this whole function and never falls.

    Raises
    ------
    SegmenterError
        If none can run, if one is damaged or gives anything but probabilities, or if memory runs out.
    """
    try:
        return _run(case, packages, engine, progress)
    except MemoryError as error:
        raise SegmenterError(
            f"the memory does not suffice; about {estimate_memory(case, len(packages)) / 1e9:.1f} GB are needed",
            source=f"{len(packages)} segmenters",
            next_step="Close other programs, or choose fewer segmenters.",
        ) from error


def estimate_memory(case: PatientCase, segmenters: int) -> int:
    """Peak memory of a run in bytes, the case's own volumes included; an upper estimate, for saying before the run."""
    voxels = math.prod(case.geometry.shape)
    volumes = len(case.contrasts) + len(Contrast) + 2  # as read, as prepared, and masks and copies on the way
    answers = len(Region) * (2 * segmenters + 1)  # on the prepared grid, on the case's, and one in between
    return int(4 * voxels * (volumes + answers) + ENGINE_BYTES + NETWORK_BYTES * segmenters)


def why_not(card: SegmenterCard, case: PatientCase) -> str | None:
    """Why a segmenter cannot run on this patient, in words for the user; None if it can."""
    lacking = [contrast for contrast in card.required_contrasts if contrast not in case.volumes]
    if lacking:
        return f"it needs {' and '.join(lacking)}, which this patient does not have"
    if not any(contrast in case.volumes for contrast in card.contrasts):
        return f"it knows {', '.join(card.contrasts)} only, and this patient has none of them"
    return None


def _run(
    case: PatientCase, packages: Sequence[SegmenterPackage], choice: str | Engine, progress: Progress
) -> ProbabilityStack:
    able, skipped = _able(case, packages)
    regions = _common_regions(able)
    engine = choose_engine(choice) if isinstance(choice, str) else choice
    groups: dict[Preprocessing, list[int]] = {}
    for index, package in enumerate(able):
        groups.setdefault(Preprocessing.from_dict(package.card.preprocessing), []).append(index)

    probabilities = np.zeros((len(able), len(regions), *case.geometry.shape), np.float32)
    boxes = []
    seconds: dict[int, float] = {}
    begun = 0
    for settings, indices in groups.items():
        steps = _Steps(progress, begun / len(able), len(indices) / len(able))
        prepared = prepare(case, settings, steps.within(0.0, _PREPARED))
        members = []
        for index in indices:
            steps.within(_PREPARED, _INFERRED)("loading the segmenters", 0.0)
            members.append(_load(able[index], index, engine, prepared))
        _infer(members, prepared, min(engine.batch, prepared.slices), steps.within(_PREPARED, _INFERRED))
        box = support_box(prepared)
        for done, member in enumerate(members):
            steps.within(_INFERRED, 1.0)("collecting the answers", done / len(members))
            order = [member.card.regions.index(region) for region in regions]
            restored = restore(member.volume[order], prepared)
            probabilities[(member.index, slice(None), *box)] = restored[(slice(None), *box)]
            member.volume = np.empty(0, np.float32)  # the next one wants its memory
            seconds[member.index] = member.seconds
        boxes.append(box)
        begun += len(indices)
    progress("collecting the answers", 1.0)
    return ProbabilityStack(
        probabilities=probabilities,
        segmenters=tuple(package.card for package in able),
        regions=regions,
        geometry=case.geometry,
        support=_hull(boxes),
        skipped=skipped,
        engine=engine.name,
        seconds={package.card.id: seconds[index] for index, package in enumerate(able)},
    )


class _Steps:
    """The stretch of the whole progress that belongs to one group of segmenters."""

    def __init__(self, progress: Progress, start: float, share: float) -> None:
        self._progress, self._start, self._share = progress, start, share

    def within(self, low: float, high: float) -> Progress:
        def progress(stage: str, fraction: float) -> None:
            self._progress(stage, min(1.0, self._start + self._share * (low + fraction * (high - low))))

        return progress


def _able(case: PatientCase, packages: Sequence[SegmenterPackage]) -> tuple[list[SegmenterPackage], dict[str, str]]:
    """The packages that can run on the patient, and why the others cannot."""
    if not packages:
        raise SegmenterError("no segmenter was chosen", source="segmenters", next_step="Choose at least one segmenter.")
    able, skipped = [], {}
    for package in packages:
        reason = why_not(package.card, case)
        if reason is None:
            able.append(package)
        else:
            skipped[package.card.id] = reason
    if not able:
        reasons = "; ".join(f"{identifier}: {reason}" for identifier, reason in skipped.items())
        raise SegmenterError(
            f"none of them can run on this patient ({reasons})",
            source="segmenters",
            next_step="Choose other segmenters, or add the missing contrasts.",
        )
    return able, skipped


def _common_regions(packages: Sequence[SegmenterPackage]) -> tuple[Region, ...]:
    """The regions that all of them draw, in the order of `Region`."""
    first = packages[0].card
    for package in packages:
        if set(package.card.regions) != set(first.regions):
            raise SegmenterError(
                f"it draws {', '.join(package.card.regions)}, but {first.id} draws {', '.join(first.regions)}",
                source=package.card.id,
                next_step="Choose segmenters that draw the same regions.",
            )
    return tuple(region for region in Region if region in first.regions)


def _load(package: SegmenterPackage, index: int, engine: Engine, prepared: PreparedCase) -> _Member:
    begin = time.perf_counter()
    card = package.card
    _, slices, height, width = prepared.image.shape
    channels = None
    if card.contrasts != tuple(Contrast):
        channels = [
            SLICES_PER_CONTRAST * tuple(Contrast).index(c) + n
            for c in card.contrasts
            for n in range(SLICES_PER_CONTRAST)
        ]
    count = SLICES_PER_CONTRAST * len(card.contrasts)
    network = engine.compile(package, (min(engine.batch, slices), count, height, width))
    volume = np.empty((len(card.regions), slices, height, width), np.float32)
    return _Member(index, card, network, channels, volume, time.perf_counter() - begin)


def _infer(members: Sequence[_Member], prepared: PreparedCase, size: int, progress: Progress) -> None:
    """Fill every member's volume, batch by batch. The last batch reaches back, so that all have one shape."""
    starts = [min(start, prepared.slices - size) for start in range(0, prepared.slices, size)]
    for batch, start in enumerate(starts):
        slices = prepared.batch(start, start + size)
        for n, member in enumerate(members):
            progress(RUNNING, (batch + n / len(members)) / len(starts))
            begin = time.perf_counter()
            answer = _answer(member, slices)
            np.clip(answer.swapaxes(0, 1), 0.0, 1.0, out=member.volume[:, start : start + size])
            member.seconds += time.perf_counter() - begin


def _answer(member: _Member, slices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What a network says about a batch, once it is known to be probabilities of the right shape."""
    try:
        answer = member.network(slices if member.channels is None else slices[:, member.channels])
    except MemoryError:
        raise
    except Exception as error:  # the engines' own errors have nothing else in common
        raise SegmenterError(
            f"its network cannot be run ({str(error).strip()[:160]})",
            source=member.card.id,
            next_step="Choose another engine, or leave this segmenter out.",
        ) from error
    regions, _, height, width = member.volume.shape
    shape = (len(slices), regions, height, width)
    # A NaN fails both comparisons.
    if answer.shape != shape or not (answer.min() >= -ROUNDING and answer.max() <= 1.0 + ROUNDING):
        raise SegmenterError(
            f"its network does not give probabilities of shape {shape}",
            source=member.card.id,
            next_step="Install the package again, or leave this segmenter out.",
        )
    return answer


def _hull(boxes: Sequence[tuple[slice, slice, slice]]) -> tuple[slice, slice, slice]:
    """The smallest box that holds all of them."""
    k, j, i = (slice(min(s.start for s in axis), max(s.stop for s in axis)) for axis in zip(*boxes, strict=True))
    return k, j, i
