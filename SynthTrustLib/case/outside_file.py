"""A file with an outline made elsewhere, and what the user says about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.case.label_convention import AUTO, is_convention
from SynthTrustLib.errors import InputError


@dataclass(frozen=True)
class OutsideFile:
    """An outline to join a comparison: what the user calls it, its file, and what its labels mean."""

    name: str
    path: Path
    convention: str = AUTO

    @classmethod
    def parse(cls, text: str) -> OutsideFile:
        """``NAME=FILE`` or ``NAME=FILE:CONVENTION`` of the command line.

        Raises
        ------
        InputError
            If it is not of this form.
        """
        name, separator, rest = text.partition("=")
        path, colon, convention = rest.rpartition(":")
        if not (colon and path and is_convention(convention)):
            path, convention = rest, AUTO
        if not (separator and name.strip() and path):
            raise InputError(
                "it does not say which outline is meant",
                source=f"member {text!r}",
                next_step="Write NAME=FILE, or NAME=FILE:CONVENTION with brats, binary or WT=1+2+3,TC=1+3,ET=3.",
            )
        return cls(name.strip(), Path(path), convention)
