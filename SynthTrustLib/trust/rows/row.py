"""How rows are made: rounded the same way everywhere, unknown with a reason and never with a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from SynthTrustLib.significant import significant
from SynthTrustLib.trust.scorecard import Row, Section
from SynthTrustLib.vocabulary import Evidence, Status

SPACING_UNTRUSTED = (
    "The voxel size in the files is not trusted, so anything in mm or mL would be made up; state the true voxel size."
)
ONE_SEGMENTER = "Only one segmenter ran, so there is no other to compare it with."

SMALLEST_SHOWN_ML = 0.05
"""Volumes are told to 0.1 mL; a smaller one would read as 0.0 mL."""


def over_segmenters(values: Sequence[float]) -> dict[str, Any]:
    """A row's ``interval`` and what it means: from the lowest to the highest segmenter; of one alone there is none."""
    if len(values) < 2:
        return {}
    return {"interval": (min(values), max(values)), "interval_meaning": "lowest and highest of the jury"}


def known(
    key: str,
    section: Section,
    label: str,
    value: float | str | bool,
    reason: str,
    *,
    unit: str = "",
    status: Status = Status.INFORMATION,
    evidence: Evidence = Evidence.MEASURED,
    region: str | None = None,
    segmenter: str | None = None,
    interval: tuple[float, float] | None = None,
    interval_meaning: str = "",
    track_record: str = "",
    withdrawn: str = "",
    promised: float | None = None,
) -> Row:
    """A row with a value, measured unless said otherwise."""
    return Row(
        key=key,
        section=section,
        label=label,
        value=value if isinstance(value, bool | str) else significant(value),
        unit=unit,
        evidence=evidence,
        status=status,
        reason=reason,
        region=region,
        segmenter=segmenter,
        interval=None if interval is None else (significant(interval[0]), significant(interval[1])),
        interval_meaning="" if interval is None else interval_meaning,
        track_record=track_record,
        withdrawn=withdrawn,
        promised=promised,
    )


def unknown(
    key: str,
    section: Section,
    label: str,
    reason: str,
    *,
    unit: str = "",
    region: str | None = None,
    segmenter: str | None = None,
) -> Row:
    """A row whose value cannot be had; the reason says why."""
    return Row(key, section, label, None, unit, Evidence.UNKNOWN, Status.UNKNOWN, reason, region, segmenter)


def physical(trusted: bool, key: str, section: Section, label: str, value: float, reason: str, **fields: Any) -> Row:
    """A row in mm or mL: known where the voxel size is trusted, else unknown."""
    if trusted:
        return known(key, section, label, value, reason, **fields)
    kept = {name: fields[name] for name in ("unit", "region", "segmenter") if name in fields}
    return unknown(key, section, label, SPACING_UNTRUSTED, **kept)


def volume_words(ml: float) -> str:
    """``12.34`` as ``"12.3 mL"``; a volume that would be rounded to nothing is told from nothing."""
    return f"{ml:.1f} mL" if ml >= SMALLEST_SHOWN_ML else f"less than {SMALLEST_SHOWN_ML:g} mL"


def percent(fraction: float) -> str:
    """``0.25`` as ``"25 %"``."""
    return f"{100 * fraction:.0f} %"
