"""Which of several DICOM series that could be one contrast is the best to work with, and which examination is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from SynthTrustLib.case.check import Check, Verdict
from SynthTrustLib.case.dicom.contrast import LOW_CONFIDENCE, judge_attributes
from SynthTrustLib.case.dicom.folder import DicomSeries
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
    """The series of the examination that shows most contrasts (with FLAIR, the latest of equals), and all others."""
    examinations: dict[str, list[DicomSeries]] = {}
    for one in series:
        examinations.setdefault(one.study, []).append(one)
    if not examinations:
        return [], []
    best = _best([part for together in examinations.values() for part in _parted_by_study(together)])
    identifiers = frozenset[str]().union(*(one.studies for one in best))
    elsewhere = [one for one in series if one not in best]
    if len(identifiers) > 1:
        text = f"its examination has {len(identifiers)} study identifiers; they were joined by place, time or number"
        row = Check("study_identifiers", "", Verdict.WARNING, text)
        best = [replace(one, remarks=(*one.remarks, row)) for one in best]
    return best, elsewhere


def _best(examinations: Iterable[list[DicomSeries]]) -> list[DicomSeries]:
    def merit(examination: list[DicomSeries]) -> tuple[int, bool, str]:
        shown = rank_series(examination)[0]
        return len(shown), Contrast.FLAIR in shown, max(one.study_time for one in examination)

    return max(examinations, key=merit)


def _parted_by_study(together: list[DicomSeries]) -> list[list[DicomSeries]]:
    """Series that time or place has joined, parted by study again where two studies show the same several contrasts.

    Those are two examinations under one date, or copies; a study for every series shows one contrast in each.
    """
    studies: dict[frozenset[str], list[DicomSeries]] = {}
    for one in together:
        studies.setdefault(one.studies, []).append(one)
    shown = [set(rank_series(study)[0]) for study in studies.values()]
    return list(studies.values()) if any(len(a & b) > 1 for a, b in combinations(shown, 2)) else [together]
