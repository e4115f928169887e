"""What calibrations and track records begin with, and where they may be written: never by surprise over what ships."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import SynthTrustLib
from SynthTrustLib.errors import InputError, OutputError
from SynthTrustLib.resources import resource_path
from SynthTrustLib.whole_file import write_text

EVALUATION_FORMAT = 1


def track_record_files(calibration: Path, out: Path | None = None) -> tuple[Path, Path]:
    """The JSON file of a calibration's track record and its page: `out`, or beside the calibration.

    Only beside it is the track record found, and printed with every prediction. Raises InputError if `out` is no JSON
    file, or the calibration itself.
    """
    record = calibration.with_name(f"{calibration.stem}.evaluation.json") if out is None else out
    if record.suffix != ".json":
        raise InputError(
            "the track record is a JSON file, with a page beside it",
            source=str(record),
            next_step="Name a file that ends in .json.",
        )
    if record.exists() and record.samefile(calibration):
        raise InputError(
            "the track record would replace the calibration", source=str(record), next_step="Name another file."
        )
    return record, record.with_suffix(".html")


def file_head(number: int, family: str, engine: str, command: str) -> dict[str, Any]:
    """What calibration and evaluation files of the format `number` begin with: of whom, and how they were made."""
    return {
        "format": number,
        "family": family,
        "synthtrust": SynthTrustLib.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "engine": engine,
    }


def require_free(*paths: Path, replace_shipped: bool = False) -> None:
    """Look at where results shall go before hours of work begin.

    Raises OutputError if one is a folder, lies where nothing can be written, or ships with SynthTrust and is not to be
    replaced.
    """
    for path in paths:
        if path.is_dir():
            raise OutputError("this is a folder", source=str(path), next_step="Name a file with --out.")
        if not replace_shipped and _ships(path):
            raise OutputError(
                "this file ships with SynthTrust and is not replaced by accident",
                source=str(path),
                next_step="Name another file with --out, or say --replace-shipped if you mean it.",
            )
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise _cannot_be_written(path)


def write_result(path: Path, text: str) -> None:
    """Write a file whole or not at all; an OutputError says that it cannot be written."""
    try:
        write_text(path, text)
    except OSError as error:
        raise _cannot_be_written(path) from error


def _ships(path: Path) -> bool:
    try:
        shipped = resource_path("Calibration")
    except InputError:  # none does
        return False
    return path.exists() and any(path.samefile(file) for file in shipped.iterdir())


def _cannot_be_written(path: Path) -> OutputError:
    return OutputError("it cannot be written", source=str(path), next_step="Name a file in another folder with --out.")
