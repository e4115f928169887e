"""A table of paths: one row a patient. Paths are relative to the table."""

from __future__ import annotations

import csv
from pathlib import Path

from SynthTrustLib.cohort.patient import Patient, reference_path
from SynthTrustLib.errors import InputError
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

NAME = "id"
FOLDER = "folder"
PERSON = "person"


def read_table(path: Path, reference: str | None = None, task: Task = GLIOMA) -> list[Patient]:
    """The patients of a CSV file with the column ``id``, and ``folder`` or one of ``t1``, ``t1c``, ``t2``, ``flair``.

    A column ``person`` may say which of them are examinations of one person.

    `reference`: a column with outlines to measure against, ``FILE`` or ``FILE:CONVENTION``; an empty cell is none.
    Raises InputError if the table cannot be read, lacks a column, names a file that is not there, or names a patient
    twice.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        dialect = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","  # of spreadsheets in Europe
        rows = list(csv.DictReader(lines, delimiter=dialect))
    except (OSError, ValueError) as error:
        raise _wrong(f"the table cannot be read ({type(error).__name__})", path) from None
    columns = [name.strip().lower() for name in (rows[0] if rows else {}) if name]
    by_contrast = {contrast: contrast.lower() for contrast in task.contrast_ids}
    if not rows:
        raise _wrong("the table holds no patient", path)
    if NAME not in columns:
        raise _wrong(f"the table has no column {NAME!r}", path)
    if FOLDER not in columns and not set(by_contrast.values()) & set(columns):
        raise _wrong(f"the table has none of the columns {FOLDER}, {', '.join(by_contrast.values())}", path)
    if reference and reference.lower() not in columns:
        raise _wrong(f"the table has no column {reference!r}", path)
    patients: dict[str, Patient] = {}
    for number, row in enumerate(rows, start=2):
        cells = {
            name.strip().lower(): value.strip()
            for name, value in row.items()
            if name and isinstance(value, str) and value.strip()
        }
        name = cells.get(NAME, "")
        if not name:
            raise _wrong(f"line {number} has no {NAME}", path)
        if name in patients:
            raise _wrong(f"line {number} names a patient who stands in the table already", path)
        folder = path.parent / cells[FOLDER] if FOLDER in cells else None
        contrasts: dict[str, Path] = {
            c: path.parent / cells[column] for c, column in by_contrast.items() if column in cells
        }
        outline = str(path.parent / cells[reference.lower()]) if reference and reference.lower() in cells else None
        if not folder and not contrasts:
            raise _wrong(f"line {number} names no image", path)
        for file in [
            *contrasts.values(),
            *([folder] if folder else []),
            *([reference_path(outline)] if outline else []),
        ]:
            if not file.exists():
                raise _wrong(f"line {number} names {file}, which does not exist", path)
        patients[name] = Patient(name, folder, (), contrasts, outline, cells.get(PERSON))
    return list(patients.values())


def _wrong(what: str, path: Path) -> InputError:
    return InputError(what, source=str(path), next_step="Correct the table; the manual shows an example.")
