"""Verdicts of readers in a cohort's folder. Nothing is ever overwritten: each is a new file, and a later one counts.

Two readers may judge one patient, at the same time and on two computers; each has a verdict of their own.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from SynthTrustLib.codec import decode, encode, parse
from SynthTrustLib.errors import OutputError
from SynthTrustLib.plain_text import csv_text
from SynthTrustLib.trust.verdict import Verdict
from SynthTrustLib.whole_file import write_text

VERDICTS = "verdicts"
TABLE = "verdicts.csv"
DIFFER = "differ"
"""In a list: the readers, or the regions, have different verdicts."""


def add_verdicts(cohort: Path, key: str, verdicts: Sequence[Verdict]) -> Path:
    """Keep what a reader has decided about one patient; returns the file, which is whole or not there.

    Raises OutputError if it cannot be written.
    """
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    path = cohort / VERDICTS / key / f"{when}-{secrets.token_hex(3)}.json"
    try:
        write_text(path, json.dumps(encode(verdicts), indent=1) + "\n")
    except OSError as error:
        raise OutputError(
            f"the verdict cannot be written into the cohort's folder ({error.strerror})",
            source=str(cohort),
            next_step="Check the free space and the permissions; the verdict is kept in the scene.",
        ) from error
    return path


def read_verdicts(cohort: Path) -> dict[str, tuple[Verdict, ...]]:
    """Key -> the last verdict of each reader on each region, in order of the time; damaged files are passed over."""
    found: dict[str, dict[tuple[str, str], Verdict]] = {}
    for path in sorted((cohort / VERDICTS).glob("p*/*.json")):  # named by their time
        try:
            verdicts = decode(tuple[Verdict, ...], parse(path.read_text("utf-8")))
        except (OSError, ValueError):
            continue
        of_patient = found.setdefault(path.parent.name, {})
        for verdict in verdicts:
            of_patient.pop((verdict.reviewer, verdict.region), None)
            of_patient[verdict.reviewer, verdict.region] = verdict
    return {key: tuple(verdicts.values()) for key, verdicts in found.items()}


def of_reader(verdicts: Iterable[Verdict], reviewer: str) -> tuple[Verdict, ...]:
    """Those that one reader has given."""
    return tuple(verdict for verdict in verdicts if verdict.reviewer == reviewer.strip())


def in_a_word(verdicts: Sequence[Verdict]) -> str:
    """What a list shows of a patient's verdicts: the decision, `DIFFER` where they are not all the same."""
    decisions = {str(verdict.decision) for verdict in verdicts}
    return decisions.pop() if len(decisions) == 1 else DIFFER if decisions else ""


def verdicts_table(cohort: Path, verdicts: Mapping[str, Sequence[Verdict]]) -> Path:
    """Write all verdicts as one table into the cohort's folder: a line for each patient (key), region and reader.

    Raises OutputError if it cannot be written.
    """
    columns = ("key", "region", "decision", "comment", "reviewer", "time")
    rows = [
        [key, *(record[name] for name in columns[1:])]
        for key, of_patient in sorted(verdicts.items())
        for record in encode(tuple(of_patient))
    ]
    path = cohort / TABLE
    try:
        write_text(path, csv_text(columns, rows))
    except OSError as error:
        raise OutputError(
            f"the table of verdicts cannot be written ({error.strerror})",
            source=str(path),
            next_step="Close it in other programs, and check the permissions of the folder.",
        ) from error
    return path
