"""Where the files beside the library are: the same place in a source checkout and in an installed Slicer tree."""

from __future__ import annotations

from pathlib import Path

from SynthTrustLib.errors import InputError

FOLDERS_VARIABLE = "SYNTHTRUST_SEGMENTERS"
"""Environment variable with more folders to look for segmenters in, separated as in PATH."""


def resource_path(relative: str) -> Path:
    """Absolute path of a file or folder under ``Resources``.

    Raises
    ------
    InputError
        If it is not there, as after a partial installation.
    """
    path = Path(__file__).resolve().parent.parent / "Resources" / relative
    if not path.exists():
        raise InputError(
            "this part of SynthTrust is not installed",
            source=f"Resources/{relative}",
            next_step="Install the SynthTrust extension again.",
        )
    return path
