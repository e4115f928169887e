"""What somebody has handed over for an audit: cases on disk, and what could not be made a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.recognize.files import Recognized


@dataclass(frozen=True)
class GivenCase:
    """One case on disk, with or without a label."""

    id: str
    contrasts: Mapping[str, Path | Recognized]
    label: Path | None = None  # an outline of the tumor, in `convention` (see `case.outline.given.load_outline`)
    convention: str = AUTO
    site: str = "unknown"
    patient: str = ""  # cases that name the same are of one person; the id where nothing is said

    @property
    def files(self) -> list[Path]:
        """Every file behind it, sorted by what it is."""
        found: list[Path] = []
        for contrast in sorted(self.contrasts):
            image = self.contrasts[contrast]
            if isinstance(image, Recognized):
                found += image.series.paths if image.series else [image.path]
            else:
                found.append(image)
        return [*found, *([self.label] if self.label else [])]


@dataclass(frozen=True)
class Given:
    """What was handed over: its name, the cases, and per name of what could not be used, why."""

    name: str
    cases: tuple[GivenCase, ...]
    unusable: Mapping[str, str]
