"""The worklist as a table: CSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from SynthTrustLib.cohort.report.worklist import Line, RegionLine
from SynthTrustLib.plain_text import csv_text
from SynthTrustLib.whole_file import whole_file

_FIELDS = tuple(field.name for field in dataclasses.fields(RegionLine) if field.name not in ("reason", "name"))


def regions_of(lines: Sequence[Line]) -> list[str]:
    """Every region that any patient has, in the order of the scorecards."""
    return list(dict.fromkeys(region for line in lines for region in line.regions or {}))


def columns_of(lines: Sequence[Line]) -> dict[str, list[Any]]:
    """Column -> a value per patient; None where it is unknown."""
    columns: dict[str, list[Any]] = {
        "key": [line.key for line in lines],
        "outcome": [line.outcome for line in lines],
        "reason": [line.reason for line in lines],
        "unusual_scans": [line.unusual for line in lines],
        "warnings": [line.warnings if line.regions is not None else None for line in lines],
    }
    for region in regions_of(lines):
        for name in _FIELDS:
            values = [getattr((line.regions or {}).get(region), name, None) for line in lines]
            columns[f"{name}.{region}"] = [str(value) if name == "status" and value else value for value in values]
    columns["seconds"] = [line.seconds for line in lines]
    return columns


def cohort_csv(lines: Sequence[Line]) -> str:
    """One line per patient, in the order given."""
    columns = columns_of(lines)
    return csv_text(list(columns), zip(*columns.values(), strict=True))


def can_write_parquet() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None


def write_parquet(path: Path, lines: Sequence[Line]) -> None:
    """The same table as Parquet. Unknown is null; a column's type does not depend on the patients."""
    import pyarrow
    from pyarrow import parquet

    columns = columns_of(lines)
    types = {"unusual_scans": pyarrow.bool_(), "warnings": pyarrow.int64(), "seconds": pyarrow.float64()}
    texts = ("key", "outcome", "reason", "status")
    schema = pyarrow.schema(
        (name, pyarrow.string() if name.partition(".")[0] in texts else types.get(name, pyarrow.float64()))
        for name in columns
    )
    with whole_file(path) as part:
        parquet.write_table(pyarrow.table(columns, schema=schema), part)
