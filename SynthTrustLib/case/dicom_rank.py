"""Which of several DICOM series that could be one contrast is the best to work with, and which examination is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from SynthTrustLib.case.dicom import DicomSeries
from SynthTrustLib.case.dicom_contrast import LOW_CONFIDENCE, judge_attributes
from SynthTrustLib.vocabulary import Contrast

NEARLY_CUBIC = 1.6
"""Voxels whose longest side is at most this many times the shortest are of a 3D scan, whatever the header says."""


@dataclass(frozen=True, eq=False)
class RankedSeries:
    """A series, how sure its contrast is, why it was taken for it, and what else it may be (`possible`)."""

    series: DicomSeries
    confidence: float
    reason: str
    possible: tuple[Contrast, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether words and header leave it to the image which contrast it is."""
        return self.confidence < LOW_CONFIDENCE and len(self.possible) > 1

    @property
    def volumetric(self) -> bool:
        spacing = self.series.geometry.spacing
        return self.series.attributes.volumetric or max(spacing) <= NEARLY_CUBIC * min(spacing)

    @property
    def merits(self) -> str:
        """What ranks it, in words."""
        sk, sj, si = self.series.geometry.spacing
        return f"{'3D' if self.volumetric else '2D'}, {si:.2g} x {sj:.2g} x {sk:.2g} mm"

    @property
    def rank(self) -> tuple[bool, bool, bool, float, int, int]:
        """Sorts the best first: sure before unsure, as scanned before reformatted, 3D before 2D, small before large
        voxels, more slices, the earlier series."""
        geometry = self.series.geometry
        # In steps of a fifth, so that rounding of headers does not outweigh the number of slices.
        volume_ml = round(geometry.voxel_volume_ml * 5e3) / 5e3
        return (
            self.confidence < LOW_CONFIDENCE,
            "DERIVED" in self.series.attributes.image_type,
            not self.volumetric,
            volume_ml,
            -geometry.shape[0],
            self.series.number,
        )


def rank_series(
    series: Sequence[DicomSeries],
) -> tuple[dict[Contrast, list[RankedSeries]], list[tuple[DicomSeries, str]]]:
    """The candidates of each contrast, best first, and the other series with the reason."""
    ranked: dict[Contrast, list[RankedSeries]] = {}
    rejected: list[tuple[DicomSeries, str]] = []
    for one in series:
        opinion = judge_attributes(one.attributes)
        if opinion.contrast is None:
            rejected.append((one, opinion.reason))
        else:
            ranked.setdefault(opinion.contrast, []).append(
                RankedSeries(one, opinion.confidence, opinion.reason, opinion.possible)
            )
    return {c: sorted(ranked[c], key=lambda s: s.rank) for c in Contrast if c in ranked}, rejected


def choose_examination(series: Sequence[DicomSeries]) -> tuple[list[DicomSeries], list[DicomSeries]]:
    """The series of the examination that shows most contrasts (the latest of equals), and all others."""
    studies: dict[str, list[DicomSeries]] = {}
    for one in series:
        studies.setdefault(one.study, []).append(one)
    if not studies:
        return [], []
    best = max(studies.values(), key=lambda study: (len(rank_series(study)[0]), max(s.study_time for s in study)))
    return best, [one for one in series if one.study != best[0].study]
