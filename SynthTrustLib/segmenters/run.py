"""Runs several segmenters side by side on one patient."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing

import numpy as np
import numpy.typing as npt

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import SegmenterError, SynthTrustError
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.engines.engine import Engine, Network, batch_starts, choose_engine
from SynthTrustLib.segmenters.nested_regions import nested
from SynthTrustLib.segmenters.outside import OutsideMember
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.preprocess import (
    SLICES_PER_CONTRAST,
    PreparedCase,
    Preprocessing,
    prepare,
    restore,
    support_box,
    window,
)
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.segmenters.smooth_slices import smooth_slices, smoothing_of
from SynthTrustLib.vocabulary import Contrast, Region

ENGINE_BYTES = 400e6
"""What the processes take before a case or a network is loaded; with it, the estimate of `benchmark_assess.py`'s five
segmenters (2.14 GB) lies above the 2.09 GB that were measured over all processes, with OpenVINO."""

NETWORK_BYTES = 40e6
"""What each loaded segmenter takes with its activations, measured with OpenVINO."""

ROUNDING = 1e-4
"""A sigmoid may leave 0..1 by this much in an engine's arithmetic; it is clipped."""

_PREPARED, _INFERRED = 0.15, 0.95
"""How far the progress is when the images are prepared, and when the networks are done."""


def run_segmenters(
    case: PatientCase,
    packages: Sequence[SegmenterPackage],
    *,
    outside: Sequence[OutsideMember] = (),
    engine: str | Engine = "auto",
    progress: Progress = silent,
) -> ProbabilityStack:
    """Probabilities of every package that can run on this patient, on the patient's grid.

    The images are prepared once for all segmenters with the same preprocessing. One segmenter is in memory at a time,
    and its answers go straight to their place in the stack.

    Parameters
    ----------
    packages : sequence of SegmenterPackage
        They must draw the same regions. The stack keeps their order.
    outside : sequence of OutsideMember
        Outlines made elsewhere; they follow the segmenters. With one that tells fewer regions, the stack is about those
        only.
    engine : str or Engine
        A name from `options.ENGINES`, or an engine.
    progress : Progress
        Called after every batch of every segmenter; the fraction spans this whole function and never falls.

    Raises
    ------
    SegmenterError
        If none can run, if one is damaged or gives anything but probabilities, or if memory runs out.
    """
    try:
        return _run(case, packages, outside, engine, progress)
    except MemoryError as error:
        members = len(packages) + len(outside)
        raise SegmenterError(
            f"the memory does not suffice; about {estimate_memory(case, members) / 1e9:.1f} GB are needed",
            source=f"{members} segmenters",
            next_step="Close other programs, or choose fewer segmenters.",
        ) from error


def estimate_memory(case: PatientCase, segmenters: int) -> int:
    """Peak memory of a run on a loaded case in bytes; see `estimate_bytes`."""
    return estimate_bytes(case.geometry.shape, len(case.contrasts), segmenters)


def estimate_bytes(shape: Sequence[int], contrasts: int, segmenters: int) -> int:
    """Peak memory of a run in bytes, the case's own volumes included; an upper estimate, for saying before the run."""
    volumes = contrasts + len(Contrast) + 2  # as read, as prepared, and masks and copies on the way
    answers = len(Region) * (2 * segmenters + 1)  # on the prepared grid, on the case's, and one in between
    return int(4 * math.prod(shape) * (volumes + answers) + ENGINE_BYTES + NETWORK_BYTES * segmenters)


def why_not(card: SegmenterCard, case: PatientCase) -> str | None:
    """Why a segmenter cannot run on this patient, in words for the user; None if it can."""
    lacking = [contrast for contrast in card.required_contrasts if contrast not in case.volumes]
    if lacking:
        return f"it needs {' and '.join(lacking)}, which this patient does not have"
    if not any(contrast in case.volumes for contrast in card.contrasts):
        return f"it knows {', '.join(card.contrasts)} only, and this patient has none of them"
    return None


def _run(
    case: PatientCase,
    packages: Sequence[SegmenterPackage],
    outside: Sequence[OutsideMember],
    choice: str | Engine,
    progress: Progress,
) -> ProbabilityStack:
    able, skipped = ([], {}) if outside and not packages else _able(case, packages)
    regions = _common_regions(able, outside)
    # Outlines from elsewhere alone need no engine.
    engine = None if not able else choose_engine(choice) if isinstance(choice, str) else choice
    groups: dict[Preprocessing, list[int]] = {}
    for index, package in enumerate(able):
        groups.setdefault(Preprocessing.from_dict(package.card.preprocessing), []).append(index)

    probabilities = np.zeros((len(able) + len(outside), len(regions), *case.geometry.shape), np.float32)
    boxes = []
    seconds: dict[str, float] = {}
    for settings, indices in groups.items():
        assert engine is not None
        begun, share = len(seconds) / len(able), len(indices) / len(able)
        prepared = prepare(case, settings, _within(progress, begun, begun + _PREPARED * share))
        boxes.append(support_box(prepared))
        for done, index in enumerate(indices):
            low, high = (begun + share * (_PREPARED + (1 - _PREPARED) * n / len(indices)) for n in (done, done + 1))
            begin = time.perf_counter()
            package = able[index]
            _fill(probabilities[index], package, prepared, regions, engine, _within(progress, low, high))
            seconds[package.card.id] = time.perf_counter() - begin
    for member, volumes in zip(outside, probabilities[len(able) :], strict=True):
        member.fill(volumes, regions)
        boxes += [member.box] if member.box else []
    return ProbabilityStack(
        probabilities=probabilities,
        segmenters=(*(package.card for package in able), *(member.card for member in outside)),
        regions=regions,
        geometry=case.geometry,
        support=_hull(boxes or [_everything(case)]),
        skipped=skipped,
        engine=engine.name if engine else "none",
        seconds={package.card.id: seconds[package.card.id] for package in able},
    )


def _within(progress: Progress, low: float, high: float) -> Progress:
    """The stretch of a longer progress that lies between two fractions."""

    def part(stage: str, fraction: float) -> None:
        progress(stage, min(1.0, low + fraction * (high - low)))

    return part


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


def _common_regions(packages: Sequence[SegmenterPackage], outside: Sequence[OutsideMember]) -> tuple[Region, ...]:
    """The regions that all of them draw, in the order of `Region`; an outline from elsewhere may tell fewer."""
    for package in packages:
        first = packages[0].card
        if set(package.card.regions) != set(first.regions):
            raise SegmenterError(
                f"it draws {', '.join(package.card.regions)}, but {first.id} draws {', '.join(first.regions)}",
                source=package.card.id,
                next_step="Choose segmenters that draw the same regions.",
            )
    members = [*(package.card for package in packages), *(member.card for member in outside)]
    common = tuple(region for region in Region if all(region in card.regions for card in members))
    if not common:
        raise SegmenterError(
            "there is no region that all of the outlines tell",
            source="segmenters",
            next_step="Leave out the outline that tells other regions, or state its labels.",
        )
    return common


def _fill(
    target: npt.NDArray[np.float32],
    package: SegmenterPackage,
    prepared: PreparedCase,
    regions: tuple[Region, ...],
    engine: Engine,
    progress: Progress,
) -> None:
    """Put one segmenter's probabilities into `target` (region, k, j, i), its part of the stack."""
    card = package.card
    stage = f"running {card.name}"
    progress(stage, 0.0)
    _, count, height, width = prepared.image.shape
    direct = window(target, prepared)
    volume = np.empty((len(regions), count, height, width), np.float32) if direct is None else direct
    rows, columns = volume.shape[2:]
    channels = _channels(card)
    size = min(engine.batch, count)
    shape = (size, SLICES_PER_CONTRAST * len(card.contrasts), height, width)
    network = engine.compile(package, shape)
    starts = batch_starts(count, size)
    batches = (prepared.batch(start, start + size)[:, channels] for start in starts)
    with closing(_answers(network, batches, card)) as answers:
        for done, (start, answer) in enumerate(zip(starts, answers, strict=True)):
            _require_probabilities(answer, (size, len(card.regions), height, width), card)
            inside = nested(answer[..., :rows, :columns], card.regions)
            for region, name in enumerate(regions):
                np.clip(inside[:, card.regions.index(name)], 0.0, 1.0, out=volume[region, start : start + size])
            progress(stage, (done + 1) / len(starts))
    smooth_slices(volume, smoothing_of(card))
    if direct is None:
        box = (slice(None), *support_box(prepared))
        target[box] = restore(volume, prepared)[box]


def _channels(card: SegmenterCard) -> slice | list[int]:
    """Which of a prepared case's channels the segmenter takes: nearly always all, as a view."""
    if card.contrasts == tuple(Contrast):
        return slice(None)
    firsts = [SLICES_PER_CONTRAST * tuple(Contrast).index(contrast) for contrast in card.contrasts]
    return [first + n for first in firsts for n in range(SLICES_PER_CONTRAST)]


def _answers(
    network: Network, batches: Iterable[npt.NDArray[np.float32]], card: SegmenterCard
) -> Generator[npt.NDArray[np.float32], None, None]:
    """The network's answers, with an engine's failure in our words."""
    try:
        yield from network.run(batches)
    except (MemoryError, SynthTrustError):
        raise
    except Exception as error:  # the engines' own errors have nothing else in common
        raise SegmenterError(
            f"its network cannot be run ({str(error).strip()[:160]})",
            source=card.id,
            next_step="Choose another engine, or leave this segmenter out.",
        ) from error


def _require_probabilities(answer: npt.NDArray[np.float32], shape: tuple[int, ...], card: SegmenterCard) -> None:
    # A NaN fails both comparisons.
    if answer.shape != shape or not (answer.min() >= -ROUNDING and answer.max() <= 1.0 + ROUNDING):
        raise SegmenterError(
            f"its network does not give probabilities of shape {shape}",
            source=card.id,
            next_step="Install the package again, or leave this segmenter out.",
        )


def _everything(case: PatientCase) -> tuple[slice, slice, slice]:
    k, j, i = case.geometry.shape
    return slice(0, k), slice(0, j), slice(0, i)


def _hull(boxes: Sequence[tuple[slice, slice, slice]]) -> tuple[slice, slice, slice]:
    """The smallest box that holds all of them."""
    k, j, i = (slice(min(s.start for s in axis), max(s.stop for s in axis)) for axis in zip(*boxes, strict=True))
    return k, j, i
