"""Labelled patients as a table of paths: for data that do not lie in folders by cohort and case.

A CSV file with a header, or a JSON list of objects, with the fields ``id``, ``cohort``, ``label`` and at least one of
``t1``, ``t1c``, ``t2``, ``flair``; optionally ``site``, ``same_patient_as`` and ``label_values``. Paths are relative to
the manifest. ``label_values`` says what the label's numbers mean, as ``1=core 2=edema 4=enhancing`` (BraTS, the
default) or ``1=tumor`` (a whole-tumor mask); 0 is background.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from SynthTrustLib.errors import InputError
from SynthTrustLib.labelled.case import LABEL_MEANINGS, LabelledCase
from SynthTrustLib.task.glioma import GLIOMA


def read_manifest(path: Path) -> Iterator[LabelledCase]:
    """The cases of a manifest, in its order.

    Raises InputError if it cannot be read, a field is missing, a file does not exist, or an id stands in it twice.
    """
    seen: set[str] = set()
    for row in read_rows(path):
        identifier = row.get("id", "")
        if not identifier or not row.get("cohort") or not row.get("label"):
            raise _wrong("a row lacks id, cohort or label", identifier or path.name)
        if identifier in seen:
            raise _wrong("the case stands in the manifest twice", identifier)
        seen.add(identifier)
        contrasts = {name: path.parent / row[name.lower()] for name in GLIOMA.contrast_ids if row.get(name.lower())}
        label = path.parent / row["label"]
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


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table, each with its fields as texts, their names in lower case.

    Fields of a CSV file are parted by commas, semicolons (as spreadsheets do where a comma is the decimal point) or
    tabs, whichever its first line has most of. Raises InputError if it cannot be read, or is no list of rows.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else _csv_rows(text)
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8, or no CSV or JSON"
        raise InputError(
            f"the table cannot be read ({why})",
            source=path.name,
            next_step="Save it as CSV in UTF-8, or as a JSON list of objects.",
        ) from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise InputError(
            "it is no list of objects, one a case",
            source=path.name,
            next_step="Write each case as an object in a list.",
        )
    return [{str(name).strip().lower(): _as_text(value) for name, value in row.items() if name} for row in found]


def _csv_rows(text: str) -> list[dict[str, Any]]:
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    return list(csv.DictReader(lines, delimiter=max(",;\t", key=first.count)))


def _as_text(value: Any) -> str:
    return "" if value is None or value is False else str(value).strip()


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
