"""Random keys for patients. One file, for this user only, says who is who."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from SynthTrustLib.codec import decode, encode, parse
from SynthTrustLib.cohort.folder import STATES
from SynthTrustLib.cohort.patient import Patient
from SynthTrustLib.errors import InputError
from SynthTrustLib.runner.files.folder import writing
from SynthTrustLib.whole_file import whole_file

KEYS_FILE = "keys.csv"
LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""No vowels, so that no word comes out, and nothing that is mistaken for another."""
LENGTH = 8

_LONGEST_CELL = 100_000_000

_ANY_NAME = "surrogateescape"
"""A folder's name need not be UTF-8."""


@dataclass(frozen=True)
class Known:
    """What the file says of a key: the patient's name, and the images, where a run has found them."""

    key: str
    name: str
    patient: Patient | None = None

    @property
    def person(self) -> str:
        """The same for all examinations of a person, as far as anything tells."""
        return (self.patient and self.patient.person) or self.name


def read_known(cohort: Path) -> dict[str, Known]:
    """Key -> what is known of everybody who has one; empty without a file, or where it is another user's.

    Raises InputError if the file is damaged.
    """
    path = cohort / KEYS_FILE
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8", errors=_ANY_NAME, newline="") as file, _long_cells():
            rows = list(csv.DictReader(file))
        return {row["key"]: Known(row["key"], row["name"], _patient(row.get("images"))) for row in rows}
    except PermissionError:  # they may look at the results, and not at who is who
        return {}
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise InputError(
            f"the keys of the patients cannot be read ({type(error).__name__})",
            source=KEYS_FILE,
            next_step="Bring the file back from a copy, or start a new cohort in another folder.",
        ) from None


def require_keys(cohort: Path) -> None:
    """Raise InputError where patients have run, and who they are cannot be read: all would run again under new keys."""
    path = cohort / KEYS_FILE
    if os.access(path, os.R_OK) or not any((cohort / STATES).glob("p*.json")):
        return
    what = "may not be read by you" if path.exists() else "is missing"
    raise InputError(
        f"{KEYS_FILE} {what}, which says who is who",
        source=str(cohort),
        next_step="Bring it back from a copy, or start a new cohort in another folder.",
    )


@contextmanager
def _long_cells() -> Iterator[None]:
    """A cell may list thousands of DICOM files."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _patient(cell: str | None) -> Patient | None:
    return decode(Patient, parse(cell)) if cell else None


def read_keys(cohort: Path) -> dict[str, str]:
    """Name -> key of every patient who has one, as `read_known`."""
    return {known.name: key for key, known in read_known(cohort).items()}


def are_same(known: Iterable[Known], found: Iterable[Patient]) -> bool:
    """Whether everybody who is known is among those found, and lies there or is gone from where they lay: moved."""
    places = {patient.name: patient.places() for patient in found}
    before = {one.name: one.patient.places() for one in known if one.patient is not None}
    return bool(before) and all(
        name in places and (there == places[name] or not any(map(os.path.exists, there)))
        for name, there in before.items()
    )


def keys_for(cohort: Path, names: Iterable[str]) -> dict[str, str]:
    """Name -> key: those that the cohort knows, and new ones for the others, not yet written."""
    keys = read_keys(cohort)
    used = set(keys.values())
    for name in names:
        if name not in keys:
            key = new_key()
            while key in used:
                key = new_key()
            keys[name] = key
            used.add(key)
    return keys


def new_key() -> str:
    """A key that tells nothing; the first letter keeps spreadsheets from taking one for a number."""
    return "p" + "".join(secrets.choice(LETTERS) for _ in range(LENGTH - 1))


def write_keys(cohort: Path, keys: Mapping[str, str], patients: Iterable[Patient] = ()) -> None:
    """Write the file for this user only.

    `keys`: name -> key. `patients`: whose images were found now; of all others the file keeps what it has said before.
    Raises OutputError if it cannot be written.
    """
    images = {known.name: known.patient for known in read_known(cohort).values()}
    images |= {patient.name: patient for patient in patients}
    path = cohort / KEYS_FILE
    with writing(path), whole_file(path) as part:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors=_ANY_NAME, newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("key", "name", "images"))
            for name, key in keys.items():
                patient = images.get(name)
                writer.writerow((key, name, json.dumps(encode(patient)) if patient else ""))
