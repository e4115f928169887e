"""A file with an outline made elsewhere, and what the user says about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.case.outline.label_convention import AUTO, is_convention
from SynthTrustLib.errors import InputError
from SynthTrustLib.plain_text import make_plain, plain_text


@dataclass(frozen=True)
class OutsideFile:
    """An outline to join a comparison."""

    name: str
    """What the user calls it."""
    path: Path
    convention: str = AUTO
    """What its labels mean."""
    remarks: tuple[str, ...] = ()
    """What was guessed or not used when the file was made of a segmentation, as sentences without a full stop."""

    def __post_init__(self) -> None:
        make_plain(self, "name", "remarks")

    @classmethod
    def parse(cls, text: str) -> OutsideFile:
        """``NAME=FILE`` or ``NAME=FILE:CONVENTION`` of the command line.

        Raises InputError if it is not of this form.
        """
        name, separator, rest = text.partition("=")
        if not (separator and plain_text(name).strip() and rest):
            raise InputError(
                "it does not say which outline is meant",
                source=f"member {text!r}",
                next_step="Write NAME=FILE, or NAME=FILE:CONVENTION with brats, binary or WT=1+2+3,TC=1+3,ET=3.",
            )
        return cls(name.strip(), *file_and_convention(rest))


def file_and_convention(text: str) -> tuple[Path, str]:
    """``FILE`` or ``FILE:CONVENTION`` of the command line; without one, ``"auto"``."""
    path, _, convention = text.rpartition(":")
    return (Path(path), convention) if path and is_convention(convention) else (Path(text), AUTO)
