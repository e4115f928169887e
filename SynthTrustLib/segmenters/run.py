"""Runs several segmenters side by side on one patient."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from SynthTrustLib.case.part import Box, around, inside, is_filled
from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.machine import memory_bytes
from SynthTrustLib.progress import Progress, silent
from SynthTrustLib.segmenters.adapters.adapter import Adapter
from SynthTrustLib.segmenters.adapters.of_card import adapter_of
from SynthTrustLib.segmenters.adapters.outline import OutsideMember
from SynthTrustLib.segmenters.engines.ahead import CompilingAhead
from SynthTrustLib.segmenters.engines.engine import Engine, choose_engine
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.segmenters.package.folder import SegmenterPackage
from SynthTrustLib.segmenters.probability_stack import ProbabilityStack
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

ENGINE_BYTES = 400e6
"""What the processes take before a case or a network is loaded; with it, the estimate of `benchmark_assess.py`'s five
segmenters (2.14 GB) lies above the 2.09 GB that were measured over all processes, with OpenVINO."""

NETWORK_BYTES = 40e6
"""What each loaded segmenter takes with its activations, measured with OpenVINO."""

MAPS_BESIDE = 7
"""Volumes of each region beside the segmenters': pooled, between, three maps, and two on the way."""

_PREPARED = 0.15
"""How far the progress is when the images are prepared."""


def run_segmenters(
    case: PatientCase,
    packages: Sequence[SegmenterPackage],
    *,
    outside: Sequence[OutsideMember] = (),
    engine: str | Engine = "auto",
    progress: Progress = silent,
) -> ProbabilityStack:
    """Probabilities of every package that can run on this patient, on the patient's grid.

    The images are prepared once for all segmenters whose adapters are equal. Beside the segmenter that runs, at most
    the next one is in memory, and answers go straight to their place in the stack.

    `packages`: they must draw the same regions. The stack keeps their order. `outside`: outlines made elsewhere; they
    follow the segmenters. With one that tells fewer regions, the stack is about those only. `engine`: a name from
    `options.ENGINES`, or an engine. `progress`: called after every batch of every segmenter; the fraction spans this
    whole function and never falls.

    Raises SegmenterError if none can run, if one is damaged or gives anything but probabilities, or if memory runs out.
    """
    try:
        return _run(case, packages, outside, engine, progress)
    except MemoryError as error:
        members = len(packages) + len(outside)
        needed = estimate_memory(case, members, (package.card for package in packages))
        raise SegmenterError(
            f"the memory does not suffice; about {needed / 1e9:.1f} GB are needed",
            source=f"{members} segmenters",
            next_step="Close other programs, or choose fewer segmenters.",
        ) from error


def estimate_memory(case: PatientCase, segmenters: int, cards: Iterable[SegmenterCard] = ()) -> int:
    """Peak memory of a run on a loaded case in bytes; see `estimate_bytes`."""
    return estimate_bytes(case.geometry.shape, len(case.contrasts), segmenters, cards, case.task)


def estimate_bytes(
    shape: Sequence[int],
    contrasts: int,
    segmenters: int,
    cards: Iterable[SegmenterCard] = (),
    task: Task = GLIOMA,
) -> int:
    """Peak memory of a run in bytes, the case's own volumes included; an upper estimate, for saying before the run.

    The largest network that `cards` state comes on top, as one is in memory at a time.
    """
    largest = max((1e6 * (card.limits.memory_mb or 0) for card in cards), default=0)
    volumes = contrasts + len(task.contrasts) + 2  # as read, as prepared, and masks and copies on the way
    answers = len(task.regions) * (segmenters + MAPS_BESIDE)  # of a head that fills the grid
    networks = NETWORK_BYTES * min(segmenters, 2)  # one that runs, and the next one
    return int(4 * math.prod(shape) * (volumes + answers) + ENGINE_BYTES + networks + largest)


def why_not(card: SegmenterCard, case: PatientCase) -> str | None:
    """Why a segmenter cannot run on this patient, in words for the user; None if it can."""
    lacking = [contrast for contrast in card.required_contrasts if contrast not in case.volumes]
    if lacking:
        return f"it needs {' and '.join(lacking)}, which this patient does not have"
    if not any(contrast in case.volumes for contrast in card.contrasts):
        return f"it knows {', '.join(card.contrasts)} only, and this patient has none of them"
    needed, there = 1e6 * (card.limits.memory_mb or 0), memory_bytes()
    if there is not None and needed > there:
        return f"its network needs {needed / 1e9:.1f} GB of memory, and there are {there / 1e9:.1f} GB"
    return None


def _run(
    case: PatientCase,
    packages: Sequence[SegmenterPackage],
    outside: Sequence[OutsideMember],
    choice: str | Engine,
    progress: Progress,
) -> ProbabilityStack:
    able, skipped = ([], {}) if outside and not packages else _able(case, packages)
    regions = _common_regions(case.task, able, outside)
    # Outlines from elsewhere alone need no engine.
    cards = [package.card for package in able]
    engine = None if not able else choose_engine(choice, cards) if isinstance(choice, str) else choice
    groups: dict[Adapter, list[int]] = {}
    for index, package in enumerate(able):
        groups.setdefault(adapter_of(package.card), []).append(index)

    ready = []
    for n, (adapter, indices) in enumerate(groups.items()):
        part = _within(progress, _PREPARED * n / len(groups), _PREPARED * (n + 1) / len(groups))
        ready.append((adapter.prepare(case, part), indices))
    boxes = [prepared.support for prepared, _ in ready] + [member.box for member in outside]
    support = around(boxes) if any(map(is_filled, boxes)) else _everything(case)
    k, j, i = (side.stop - side.start for side in support)
    probabilities = np.zeros((len(able) + len(outside), len(regions), k, j, i), np.float32)
    seconds: dict[str, float] = {}
    while ready:
        assert engine is not None
        prepared, indices = ready.pop(0)  # the images go when their last network has seen them
        where = (slice(None), *inside(prepared.support, support))
        with _compiling(engine, [able[index] for index in indices]) as compiler:
            for index in indices:
                low, high = (_PREPARED + (1 - _PREPARED) * (len(seconds) + n) / len(able) for n in (0, 1))
                begin = time.perf_counter()
                target = probabilities[index][where]
                prepared.predict(able[index], compiler, regions, target, _within(progress, low, high))
                seconds[able[index].card.id] = time.perf_counter() - begin
        del prepared
    for member, volumes in zip(outside, probabilities[len(able) :], strict=True):
        for volume, region in zip(volumes, regions, strict=True):
            volume[...] = member.masks[region][support]
    return ProbabilityStack(
        probabilities=probabilities,
        segmenters=(*(package.card for package in able), *(member.card for member in outside)),
        regions=regions,
        geometry=case.geometry,
        support=support,
        skipped=skipped,
        engine=engine.name if engine else "none",
        seconds={package.card.id: seconds[package.card.id] for package in able},
        task=case.task,
    )


def _compiling(engine: Engine, packages: Sequence[SegmenterPackage]) -> AbstractContextManager[Engine]:
    """The engine, one network ahead where that can be done beside a network that runs."""
    return CompilingAhead(engine, packages) if engine.compiles_ahead else nullcontext(engine)


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


def _common_regions(
    task: Task, packages: Sequence[SegmenterPackage], outside: Sequence[OutsideMember]
) -> tuple[str, ...]:
    """The regions that all of them draw, in the task's order; an outline from elsewhere may tell fewer."""
    for package in packages:
        first = packages[0].card
        if set(package.card.regions) != set(first.regions):
            raise SegmenterError(
                f"it draws {', '.join(package.card.regions)}, but {first.id} draws {', '.join(first.regions)}",
                source=package.card.id,
                next_step="Choose segmenters that draw the same regions.",
            )
    members = [*(package.card for package in packages), *(member.card for member in outside)]
    common = tuple(region for region in task.region_ids if all(region in card.regions for card in members))
    if not common:
        raise SegmenterError(
            "there is no region that all of the outlines tell",
            source="segmenters",
            next_step="Leave out the outline that tells other regions, or state its labels.",
        )
    return common


def _everything(case: PatientCase) -> Box:
    k, j, i = case.geometry.shape
    return slice(0, k), slice(0, j), slice(0, i)
