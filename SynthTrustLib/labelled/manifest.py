"""Labelled patients as a table of paths: for data that do not lie in folders by cohort and case.

A CSV file with a header, or a JSON list of objects (see `table_file`), with the fields ``id``, ``cohort``, ``label``
and at least one of ``t1``, ``t1c``, ``t2``, ``flair``; optionally ``site``, ``same_patient_as`` and ``label_values``.
Paths are relative to the manifest. ``label_values`` says what the label's numbers mean, as
``1=core 2=edema 4=enhancing`` (BraTS, the default) or ``1=tumor`` (a whole-tumor mask); 0 is background.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from SynthTrustLib.case.recognize.columns import refuse_misnamed
from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LABEL_MEANINGS, LabelledCase
from SynthTrustLib.table_file import path_in_table, read_table_file
from SynthTrustLib.task.glioma import GLIOMA


def read_manifest(path: Path) -> Iterator[LabelledCase]:
    """The cases of a manifest, in its order.

    Raises InputError if it cannot be read, a field is missing, a file does not exist, or an id stands in it twice.
    """
    seen: set[str] = set()
    table = read_table_file(path)
    refuse_misnamed(table.columns, (), path)
    for _, row in table.rows:
        identifier = row.get("id", "")
        if not identifier or not row.get("cohort") or not row.get("label"):
            raise _wrong("a row lacks id, cohort or label", identifier or path.name)
        if identifier in seen:
            raise _wrong("the case stands in the manifest twice", identifier)
        seen.add(identifier)
        contrasts = {n: path_in_table(path, row[n.lower()]) for n in GLIOMA.contrast_ids if row.get(n.lower())}
        label = path_in_table(path, row["label"])
        if not contrasts:
            raise _wrong("the case has no contrast", identifier)
        for file in (*contrasts.values(), label):
            if not file.exists():
                raise _wrong(f"{file.name} does not exist", identifier)
        values = read_label_values(row["label_values"], identifier) if row.get("label_values") else None
        same = row.get("same_patient_as")
        yield LabelledCase(
            id=identifier,
            cohort=row["cohort"],
            site=row.get("site") or "unknown",
            same_patient_as=same or None,
            contrasts=contrasts,
            label=label,
            label_values=values,
        )


def read_label_values(text: str, identifier: str) -> dict[int, str]:
    """Number -> meaning, of ``1=core 2=edema 4=enhancing``; InputError about `identifier` if it cannot be read."""
    values = {}
    for entry in text.replace(",", " ").split():
        number, _, meaning = entry.partition("=")
        if not number.isdigit() or meaning not in LABEL_MEANINGS:
            raise _wrong(f"label_values cannot be read: {entry!r}", identifier)
        values[int(number)] = meaning
    return values


def _wrong(what: str, source: str) -> InputError:
    return InputError(what, source=source, next_step="Correct its row in the manifest.")
