"""A table of paths: one row a patient. Paths are relative to the table."""

from __future__ import annotations

import os
from pathlib import Path

from SynthTrustLib.case.outline.label_convention import AUTO
from SynthTrustLib.case.outline.outside_file import file_and_convention
from SynthTrustLib.case.recognize.columns import refuse_misnamed
from SynthTrustLib.cohort.patient import Patient, reference_path
from SynthTrustLib.errors import InputError
from SynthTrustLib.table_file import path_in_table, read_table_file
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

NAME = "id"
FOLDER = "folder"
PERSON = "person"

_LONGEST = 200
"""So many letters of a path are quoted."""


def read_table(path: Path, reference: str | None = None, task: Task = GLIOMA) -> list[Patient]:
    """The patients of a CSV file with the column ``id``, and ``folder`` or one of ``t1``, ``t1c``, ``t2``, ``flair``.

    A column ``person`` may say which of them are examinations of one person.

    `reference`: a column with outlines to measure against, ``FILE`` or ``FILE:CONVENTION``; an empty cell is none.
    Raises InputError if the table cannot be read, lacks a column, has one of a contrast under another name, names a
    file that is not there, or names a patient or an image twice.
    """
    table = read_table_file(path)
    columns = table.columns
    by_contrast = {contrast: contrast.lower() for contrast in task.contrast_ids}
    outlines = reference.lower() if reference else ""
    if not table.rows:
        raise _wrong("the table holds no patient", path)
    if NAME not in columns:
        raise _wrong(f"the table has no column {NAME!r}", path)
    refuse_misnamed(columns, {NAME, FOLDER, PERSON, outlines, *by_contrast.values()}, path)
    if FOLDER not in columns and not set(by_contrast.values()) & set(columns):
        raise _wrong(f"the table has none of the columns {FOLDER}, {', '.join(by_contrast.values())}", path)
    if outlines and outlines not in columns:
        raise _wrong(f"the table has no column {reference!r}", path)
    patients: dict[str, Patient] = {}
    seen: dict[Path, int] = {}
    for number, cells in table.rows:
        name = cells.get(NAME, "")
        if not name:
            raise _wrong(f"{table.place} {number} has no {NAME}", path)
        if name in patients:
            raise _wrong(f"{table.place} {number} names a patient who stands in the table already", path)
        folder = path_in_table(path, cells[FOLDER]) if FOLDER in cells else None
        contrasts = {c: path_in_table(path, cells[column]) for c, column in by_contrast.items() if column in cells}
        outline = _outline(path, cells[outlines]) if outlines in cells else None
        if not folder and not contrasts:
            raise _wrong(f"{table.place} {number} names no image", path)
        for file in [
            *contrasts.values(),
            *([folder] if folder else []),
            *([reference_path(outline)] if outline else []),
        ]:
            if not os.path.exists(file):  # noqa: PTH110 - unlike Path.exists, it never raises
                raise _wrong(f"{table.place} {number} names {str(file)[:_LONGEST]}, which does not exist", path)
        for image in contrasts.values() or [folder]:
            if image and (before := seen.setdefault(image.resolve(), number)) != number:
                raise _wrong(
                    f"{table.place}s {before} and {number} name the same image or folder for two patients", path
                )
        patients[name] = Patient(name, folder, (), contrasts, outline, cells.get(PERSON))
    return list(patients.values())


def _outline(table: Path, cell: str) -> str:
    file, convention = file_and_convention(cell)
    found = str(path_in_table(table, str(file)))
    return found if convention == AUTO else f"{found}:{convention}"


def _wrong(what: str, path: Path) -> InputError:
    return InputError(what, source=str(path), next_step="Correct the table; the manual shows an example.")
