"""Where the library's files are: beside it in a source checkout and an installed Slicer tree, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

from SynthTrustLib.errors import InputError

FOLDERS_VARIABLE = "SYNTHTRUST_SEGMENTERS"
"""Environment variable with more folders to look for segmenters in, separated as in PATH."""


def resource_path(relative: str) -> Path:
    """Absolute path of a file or folder under ``Resources``.

    Raises InputError if it is not there, as after a partial installation.
    """
    library = Path(__file__).resolve().parent
    inside = library / "Resources"
    path = (inside if inside.is_dir() else library.parent / "Resources") / relative
    if not path.exists():
        raise InputError(
            "this part of SynthTrust is not installed",
            source=f"Resources/{relative}",
            next_step="Install SynthTrust again.",
        )
    return path
