"""From a draft and what is declared of it to a segmenter package."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import SynthTrustLib
from SynthTrustLib.segmenters.importing.draft import Draft
from SynthTrustLib.segmenters.importing.memory import measure_memory_mb
from SynthTrustLib.segmenters.package.card import Limits, SegmenterCard, TrainingMix
from SynthTrustLib.segmenters.package.folder import SegmenterPackage, write_package
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Declared:
    """What nobody but its maker knows of a model; whatever is left out is declared as not known."""

    id: str
    name: str | None = None
    version: str = "1"
    summary: str | None = None
    mix: TrainingMix = field(default_factory=lambda: TrainingMix(0, 0))  # without any cases it is not known
    licence: str = UNKNOWN
    intended_use: str = UNKNOWN
    not_for: tuple[str, ...] = ("decisions about a patient",)


def write_imported(folder: Path, draft: Draft, declared: Declared, task: Task = GLIOMA) -> SegmenterPackage:
    """Write the package of an imported model and read it back; its memory is measured by running it once.

    Raises SegmenterError if what is declared is not valid. Raises OutputError if it cannot be written.
    """
    card = _card(draft, declared, task)
    package = _write(folder, card, draft, task)
    memory = measure_memory_mb(package.folder)
    if memory is None:
        return package
    limits = replace(card.limits, memory_mb=float(math.ceil(memory)))
    return _write(folder, replace(card, limits=limits), draft, task)


def _write(folder: Path, card: SegmenterCard, draft: Draft, task: Task) -> SegmenterPackage:
    return write_package(
        folder,
        card,
        draft.model,
        licence_text=f"Terms of the weights, as stated when they were imported: {card.licence}\n",
        authors=str(draft.found.get("authors", UNKNOWN)),
        task=task,
    )


def _card(draft: Draft, declared: Declared, task: Task) -> SegmenterCard:
    regions = task.ordered(draft.settings.answer.regions)
    name = declared.name or draft.name
    return SegmenterCard(
        id=declared.id,
        name=name,
        version=declared.version,
        family=declared.id,  # its own, so that it is not judged by what was calibrated on others
        summary=declared.summary or f"Imported from {draft.framework}: {draft.name}.",
        training_mix=declared.mix,
        contrasts=draft.contrasts,
        required_contrasts=draft.contrasts,
        regions=regions,
        thresholds=dict.fromkeys(regions, 0.5),
        preprocessing={},
        licence=declared.licence,
        intended_use=declared.intended_use,
        not_for=declared.not_for,
        training={"imported": _imported(draft)},
        adapter=draft.settings,
        task=task.id,
        limits=Limits(model_mb=math.ceil(len(draft.model) / 1e5) / 10),
    )


def _imported(draft: Draft) -> dict[str, Any]:
    record: dict[str, Any] = {"from": draft.framework, "with": f"SynthTrust {SynthTrustLib.__version__}", **draft.found}
    if draft.verified is not None:
        record["largest_probability_difference"] = draft.verified.largest_difference
        record["compared"] = draft.verified.by
    return record
