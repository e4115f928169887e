"""What was learned at this hospital: calibration files in the user's own folder, of which the newest is used.

A file is never changed. A new one has the next number, and to undo is to take the newest away, so that the one before
it is used again, or what ships.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from SynthTrustLib.errors import InputError, OutputError
from SynthTrustLib.fingerprint import digest
from SynthTrustLib.whole_file import write_text

FOLDER_VARIABLE = "SYNTHTRUST_CALIBRATION"
"""Environment variable with another folder than the user's own."""

_ENDINGS = (".json", ".evaluation.json", ".evaluation.html")
"""Of the calibration, which is what makes the others count; of its track record; and of the page about it."""


def own_folder() -> Path:
    """Where calibrations of this user are kept; it need not be there."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "SynthTrust" / "Calibration"


def own_file(family: str) -> Path | None:
    """The calibration of this hospital that is used for a family of segmenters; None where there is none."""
    return max(_files(_file_name(family)), default=None)


def keep(family: str, calibration: str, track_record: str, page: str) -> Path:
    """Use a calibration from now on; returns its file.

    `calibration`, `track_record` and `page`: the text of each file. Raises OutputError if the user's folder cannot be
    written.
    """
    last = own_file(family)
    number = 1 + (_number(last) if last is not None else 0)
    path = own_folder() / f"{_file_name(family)}.{number:04d}.json"
    try:
        # The calibration comes last: whoever reads now finds the one before, or this one with all that belongs to it.
        for ending, text in zip(reversed(_ENDINGS), (page, track_record, calibration), strict=True):
            write_text(path.with_name(f"{path.stem}{ending}"), text)
    except OSError as error:
        raise _cannot_be_changed(path, error) from error
    return path


def last_kept() -> Path | None:
    """The file that was kept last, for whichever family; None where nothing was learned here."""
    return max(_files("*"), key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)


def undo() -> tuple[Path, Path | None]:
    """Take away the calibration that was kept last.

    Returns what was taken away, and the one before it for the same family, which is used again; None where it is what
    ships. Raises InputError if nothing was learned here. Raises OutputError if the user's folder cannot be written.
    """
    last = last_kept()
    if last is None:
        raise InputError(
            "nothing was learned at this hospital that could be undone",
            source=str(own_folder()),
            next_step="What ships with SynthTrust is in use.",
        )
    try:
        for ending in _ENDINGS:
            last.with_name(f"{last.stem}{ending}").unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_be_changed(last, error) from error
    return last, max(_files(last.stem.rpartition(".")[0]), default=None)


def _files(name: str) -> list[Path]:
    """The calibrations of a family by the name of its files; of all families for ``"*"``."""
    wanted = re.compile((r".+" if name == "*" else re.escape(name)) + r"\.\d{4}\.json")
    try:
        return [path for path in own_folder().iterdir() if wanted.fullmatch(path.name)]
    except OSError:
        return []


def _file_name(family: str) -> str:
    """A family is any text, and not every text is the name of a file."""
    return family if re.fullmatch(r"[\w-][\w.-]{0,80}", family) else digest(family)


def _number(path: Path) -> int:
    return int(path.stem.rpartition(".")[2])


def _cannot_be_changed(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"the folder of this hospital's calibrations cannot be changed ({error.strerror})",
        source=str(path.parent),
        next_step=f"Check its permissions, or name another folder in {FOLDER_VARIABLE}.",
    )
