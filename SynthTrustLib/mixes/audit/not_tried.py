"""The row about a set's utility where nobody has asked for it; it needs nothing that trains."""

from __future__ import annotations

from SynthTrustLib.mixes.audit.rows import unknown
from SynthTrustLib.mixes.audit.set_audit import AuditRow, Section


def not_tried() -> list[AuditRow]:
    """One row that says so."""
    why = "not tried; --try trains small segmenters of real, mixed and synthetic cases"
    return [unknown(Section.UTILITY, "try", "what a segmenter learns from the set", why)]
