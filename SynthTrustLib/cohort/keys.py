"""Random keys for patients. One file, for this user only, says who is who."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from SynthTrustLib.errors import InputError, OutputError
from SynthTrustLib.whole_file import whole_file

KEYS_FILE = "keys.csv"
LETTERS = "bcdfghjkmnpqrstvwxz23456789"
"""No vowels, so that no word comes out, and nothing that is mistaken for another."""
LENGTH = 8

_ANY_NAME = "surrogateescape"
"""A folder's name need not be UTF-8."""


def read_keys(cohort: Path) -> dict[str, str]:
    """Name -> key of every patient who has one; empty without a file.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    path = cohort / KEYS_FILE
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8", errors=_ANY_NAME, newline="") as file:
            return {row["name"]: row["key"] for row in csv.DictReader(file)}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"the keys of the patients cannot be read ({type(error).__name__})",
            source=KEYS_FILE,
            next_step="Bring the file back from a copy, or start a new cohort in another folder.",
        ) from None


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


def write_keys(cohort: Path, keys: dict[str, str]) -> None:
    """Write the file for this user only.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = cohort / KEYS_FILE
    try:
        with whole_file(path) as part:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors=_ANY_NAME, newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("key", "name"))
                writer.writerows((key, name) for name, key in keys.items())
    except OSError as error:
        raise OutputError(
            f"the keys of the patients cannot be written ({error.strerror})",
            source=str(path),
            next_step="Check the free space and the permissions of the folder.",
        ) from error
