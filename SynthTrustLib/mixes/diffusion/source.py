"""What the generator learns from one training patient: its slices, its map of tissues and tumor, its class means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from SynthTrustLib.case.patient_case import Skull
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.labelled.case import LabelledCase
from SynthTrustLib.labelled.identity import case_identity
from SynthTrustLib.mixes.samples import brain_mask
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare, project
from SynthTrustLib.vocabulary import Contrast, Region
from SynthTrustLib.whole_file import whole_file

SETTINGS = Preprocessing()
"""The preprocessing that the generator learns from. It may differ from the segmenters': they prepare what it paints."""


class Part(IntEnum):
    """Classes of the maps that the generator is conditioned on."""

    AIR = 0
    OTHER = 1  # skull, scalp, eyes
    FLUID = 2
    GRAY = 3
    WHITE = 4
    EDEMA = 5  # the whole tumor where the label tells no more
    CORE = 6
    ENHANCING = 7


FLUID_SHARE, GRAY_SHARE = 0.12, 0.55
"""Shares of a healthy brain that are taken for fluid and gray matter, by brightness on T1."""

Look = npt.NDArray[np.float32]
"""Mean intensity, shape (contrast, part); NaN where the patient has no such contrast or part."""


@dataclass(frozen=True, eq=False)
class SourcePatient:
    """A training patient on the grid that the networks see."""

    id: str
    cohort: str
    image: npt.NDArray[np.float16]
    """Shape (contrast, K, H, W). As `PreparedCase.image`."""
    parts: npt.NDArray[np.uint8]
    """Shape (K, H, W). `Part` values."""
    step: int
    slice_mm: float
    """Slice distance as the file states it; not to be trusted unless `spacing_trusted`."""
    spacing_trusted: bool
    skull: bool
    regions: tuple[Region, ...]

    @property
    def present(self) -> list[int]:
        """Channels of the contrasts that are there."""
        return [n for n in range(len(Contrast)) if self.image[n].any()]


def read_source(entry: LabelledCase, cache: Path) -> SourcePatient:
    """Prepare a labelled patient, or read it from ``cache/sources`` where that was done before."""
    path = cache / "sources" / f"{digest([case_identity(entry), SETTINGS.to_dict()])}.npz"
    if not path.exists():
        case = entry.load()
        masks = entry.masks(case)
        prepared = prepare(case, SETTINGS)
        brain = project(brain_mask(entry, case, cache / "real").astype(np.float32), prepared) >= 0.5
        tumor = {region: project(mask.astype(np.float32), prepared) >= 0.5 for region, mask in masks.items()}
        with whole_file(path) as part, part.open("wb") as stream:
            np.savez(
                stream,
                image=prepared.image.astype(np.float16),
                parts=map_parts(prepared.image, brain, tumor),
                step=prepared.step,
                slice_mm=prepared.orientation.spacing[0],
                trusted=case.spacing_trusted,
                skull=case.skull is not Skull.OFF,
            )
    with np.load(path, allow_pickle=False) as stored:
        return SourcePatient(
            entry.id,
            entry.cohort,
            stored["image"],
            stored["parts"],
            int(stored["step"]),
            float(stored["slice_mm"]),
            bool(stored["trusted"]),
            bool(stored["skull"]),
            entry.regions,
        )


def map_parts(
    image: npt.NDArray[np.float32], brain: npt.NDArray[np.bool_], tumor: dict[Region, npt.NDArray[np.bool_]]
) -> npt.NDArray[np.uint8]:
    """`Part` of every voxel: the label inside the tumor, rank of brightness in the rest of the brain.

    Tissues are ranked on T1 (fluid, gray, white from dark to bright) or, without one, on FLAIR (fluid, white, gray) or
    T2 (white, gray, fluid). `image` is (contrast, K, H, W), the masks (K, H, W).
    """
    head = np.any(image > 0, axis=0)
    brain = brain & head
    whole = tumor[Region.WT] & head
    parts = np.where(brain, Part.GRAY, np.where(head, Part.OTHER, Part.AIR)).astype(np.uint8)
    healthy = brain & ~whole
    guide, order = _guide(image)
    if healthy.any():
        smooth = ndimage.gaussian_filter(image[guide], (0, 0.7, 0.7))
        share = {Part.FLUID: FLUID_SHARE, Part.GRAY: GRAY_SHARE, Part.WHITE: 1 - FLUID_SHARE - GRAY_SHARE}
        cuts = np.quantile(smooth[healthy], np.cumsum([share[part] for part in order])[:2])
        parts[healthy] = np.array(order, np.uint8)[np.digitize(smooth[healthy], cuts)]
    parts[whole] = Part.EDEMA
    for region, part in ((Region.TC, Part.CORE), (Region.ET, Part.ENHANCING)):
        if region in tumor:
            parts[tumor[region] & whole] = part
    return parts


def class_means(source: SourcePatient) -> Look:
    """Mean of every contrast in every part of a patient, (contrast, part); air is 0."""
    look = np.full((len(Contrast), len(Part)), np.nan, np.float32)
    for channel in source.present:
        look[channel, Part.AIR] = 0
        image = source.image[channel]
        for part in list(Part)[1:]:
            values = image[source.parts == part]
            if values.size >= 20:
                look[channel, part] = values.astype(np.float32).mean()
    return look


def _guide(image: npt.NDArray[np.float32]) -> tuple[int, tuple[Part, Part, Part]]:
    contrasts = tuple(Contrast)
    for contrast, order in (
        (Contrast.T1, (Part.FLUID, Part.GRAY, Part.WHITE)),
        (Contrast.T1C, (Part.FLUID, Part.GRAY, Part.WHITE)),
        (Contrast.FLAIR, (Part.FLUID, Part.WHITE, Part.GRAY)),
    ):
        if image[contrasts.index(contrast)].any():
            return contrasts.index(contrast), order
    return contrasts.index(Contrast.T2), (Part.WHITE, Part.GRAY, Part.FLUID)
