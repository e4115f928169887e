"""Verdicts of readers in a cohort's folder. Nothing is ever overwritten: each is a new file, and a later one counts.

A file holds all that its reader thinks of the result that was there. Of a patient who was run again since, it counts no
longer. Two readers may judge one patient, at the same time and on two computers; each has a verdict of their own.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from SynthTrustLib.codec import decode, encode, parse
from SynthTrustLib.cohort.state import read_state
from SynthTrustLib.errors import InputError, OutputError
from SynthTrustLib.plain_text import csv_text
from SynthTrustLib.trust.verdict import Verdict
from SynthTrustLib.whole_file import write_text

VERDICTS = "verdicts"
TABLE = "verdicts.csv"
DIFFER = "differ"
"""In a list: the readers, or the regions, have different verdicts."""


@dataclass(frozen=True)
class _Kept:
    """One file; `result` is when the run of the result that was judged had ended."""

    result: str
    verdicts: tuple[Verdict, ...]


def add_verdicts(cohort: Path, key: str, verdicts: Sequence[Verdict], result: str) -> Path:
    """Keep all that a reader has decided about one patient; returns the file, which is whole or not there.

    `result`: what `ended` said of the result that was judged. Raises InputError if it is not there any more, and
    OutputError if the file cannot be written.
    """
    if result != ended(cohort, key):
        raise InputError(
            "it was run again since its result was loaded",
            source=key,
            next_step="Load the patient again, and judge it.",
        )
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    path = cohort / VERDICTS / key / f"{when}-{secrets.token_hex(3)}.json"
    try:
        kept = _Kept(result, tuple(verdicts))
        write_text(path, json.dumps(encode(kept), indent=1) + "\n")
    except OSError as error:
        raise OutputError(
            f"the verdict cannot be written into the cohort's folder ({error.strerror})",
            source=str(cohort),
            next_step="Check the free space and the permissions; the verdict is kept in the scene.",
        ) from error
    return path


def read_verdicts(cohort: Path) -> dict[str, tuple[Verdict, ...]]:
    """Key -> what each reader thinks of the result that is there, in order of time; damaged files are passed over."""
    found: dict[str, list[Verdict]] = {}
    runs: dict[str, str] = {}  # key -> when it ended: a patient's state is read once, however many have judged
    for path in sorted((cohort / VERDICTS).glob("p*/*.json")):  # named by their time
        key = path.parent.name
        try:
            kept = _read(path)
        except (OSError, ValueError):
            continue
        now = runs.get(key) or runs.setdefault(key, ended(cohort, key))
        earlier = kept.result != now if kept.result else any(verdict.time < now for verdict in kept.verdicts)
        if earlier:
            continue
        readers = {verdict.reviewer for verdict in kept.verdicts}
        before = [verdict for verdict in found.get(key, ()) if verdict.reviewer not in readers]
        found[key] = [*before, *kept.verdicts]
    return {key: tuple(verdicts) for key, verdicts in found.items()}


def _read(path: Path) -> _Kept:
    content = parse(path.read_text("utf-8"))
    if isinstance(content, list):  # as version 0.1 wrote it
        return _Kept("", decode(tuple[Verdict, ...], content))
    return decode(_Kept, content)


def ended(cohort: Path, key: str) -> str:
    """When the run of a patient's result ended; empty where that is not told."""
    state = read_state(cohort, key)
    return "" if state is None else state.ended


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
