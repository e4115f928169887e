"""Cases that a table of paths names, for sets whose folders say nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from SynthTrustLib.case.recognize.columns import refuse_misnamed
from SynthTrustLib.case.recognize.files import Recognized
from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.audit.given_case import GivenCase
from SynthTrustLib.table_file import path_in_table, read_table_file
from SynthTrustLib.vocabulary import Contrast

_COLUMNS = "Its columns are id and at least one of t1, t1c, t2 and flair, and where there is one label."


def cases_of_table(path: Path, convention: str) -> Iterator[GivenCase]:
    """The cases of a table, in its order.

    Raises InputError if it has no such columns, or a row lacks something; it names the table and the case.
    """
    seen: set[str] = set()
    table = read_table_file(path)
    refuse_misnamed(table.columns, (), path)
    for needed, missing in (
        ({"id"}, "it has no column named id"),
        ({c.lower() for c in Contrast}, "it has no column with images"),
    ):
        if table.rows and not needed.intersection(table.columns):
            raise InputError(missing, source=path.name, next_step=_COLUMNS)
    for number, row in table.rows:
        identifier = row.get("id", "")
        contrasts: dict[str, Path | Recognized] = {
            c: path_in_table(path, row[c.lower()]) for c in Contrast if c.lower() in row
        }
        label = path_in_table(path, row["label"]) if "label" in row else None
        missing_files = [
            row[name]
            for name in (*(c.lower() for c in contrasts), "label")
            if name in row and not os.path.isfile(path_in_table(path, row[name]))  # noqa: PTH113 - never raises
        ]
        problem = (
            f"{table.place} {number} lacks its id"
            if not identifier
            else f"{identifier} stands in it twice"
            if identifier in seen
            else f"{identifier} has no contrast"
            if not contrasts
            else f"{identifier}: there is no file {missing_files[0]}"
            if missing_files
            else ""
        )
        if problem:
            raise InputError(
                problem, source=path.name, next_step="Correct its row; paths are seen from the table's folder."
            )
        seen.add(identifier)
        yield GivenCase(
            identifier,
            contrasts,
            label,
            _as_convention(row.get("label_values", ""), f"{path.name}, {identifier}") or convention,
            row.get("site") or "unknown",
            row.get("same_patient_as") or identifier,
        )


def _as_convention(meanings: str, source: str) -> str:
    """``label_values`` of a table (``1=core 2=edema 4=enhancing``) as `load_outline` wants it (``WT=1+2+4,...``)."""
    from SynthTrustLib.labelled.case import LABEL_MEANINGS
    from SynthTrustLib.labelled.manifest import read_label_values

    regions: dict[str, list[str]] = {}
    for value, meaning in (read_label_values(meanings, source) if meanings else {}).items():
        for region in LABEL_MEANINGS[meaning]:
            regions.setdefault(region, []).append(str(value))
    return ",".join(f"{region}={'+'.join(values)}" for region, values in regions.items())
