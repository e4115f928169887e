"""The COHORT folder: what lies where in it, and whose it is."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from SynthTrustLib.errors import InputError, OutputError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.runner.files.folder import output_error, writing
from SynthTrustLib.whole_file import write_text

COHORT_FILE = "cohort.json"
PATIENTS = "patients"
STATES = "states"
LOCK_FILE = ".lock"
FORMAT = 1

_PARTIAL = (".*.partial-*", ".*.replaced-*")
"""What a killed run may leave beside result folders (`runner.files.folder`)."""


def has_result(cohort: Path, key: str) -> bool:
    """Whether a patient's scorecard is there to its end: one that was cut off is no result."""
    try:
        with (result_of(cohort, key) / "scorecard.json").open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8))
            return file.read().rstrip().endswith(b"}")
    except OSError:
        return False


def result_of(cohort: Path, key: str) -> Path:
    """The result folder of a patient."""
    return cohort / PATIENTS / key


def require_cohort(cohort: Path) -> None:
    """Raise InputError unless the folder is a cohort of a format that we know."""
    path = cohort / COHORT_FILE
    try:
        number = json.loads(path.read_text("utf-8"))["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"it is no cohort ({COHORT_FILE} is missing or damaged)",
            source=str(cohort),
            next_step="Give the folder that synthtrust cohort run --out wrote.",
        ) from None
    if number != FORMAT:
        raise InputError(
            f"it was written in format {number}, and this version of SynthTrust knows {FORMAT}",
            source=str(cohort),
            next_step="Use the version of SynthTrust that wrote it, or start a new cohort in another folder.",
        )


def cohort_id(cohort: Path) -> str:
    """What tells a cohort from others, wherever its folder lies: the hash of what it was started with."""
    return str(json.loads((cohort / COHORT_FILE).read_text("utf-8"))["source"])


def require_ours(cohort: Path, source: Path, *, same_patients: bool = False) -> None:
    """Raise OutputError if the folder is the cohort of other patients than those of `source`, or holds something else.

    `same_patients`: whether those whom it knows are known to lie at `source` now, wherever they lay before.
    """
    if (cohort / COHORT_FILE).exists():
        require_cohort(cohort)
        if not same_patients and _belongs_to(cohort) != _mark(source):
            raise OutputError(
                "it is the cohort of another folder or table of patients",
                source=str(cohort),
                next_step="Choose another folder with --out, or give the patients that it was started with.",
            )
        return
    with writing(cohort):
        if cohort.exists() and any(path.name != LOCK_FILE for path in cohort.iterdir()):
            raise OutputError(
                "it holds files that are not a cohort's",
                source=str(cohort),
                next_step="Choose a new or empty folder; nothing in it was touched.",
            )


def claim(cohort: Path, source: Path, *, same_patients: bool = False) -> None:
    """Make the folder the cohort of `source`, or find that it is, as `require_ours`.

    Raises OutputError, too, if it cannot be written.
    """
    require_ours(cohort, source, same_patients=same_patients)
    mark = _mark(source)
    record: dict[str, object] = {"format": FORMAT, "source": mark}
    if (cohort / COHORT_FILE).exists():
        if _belongs_to(cohort) == mark:
            return
        record = {"format": FORMAT, "source": cohort_id(cohort), "moved_to": mark}
    with writing(cohort):
        (cohort / PATIENTS).mkdir(parents=True, exist_ok=True)
        write_text(cohort / COHORT_FILE, json.dumps(record) + "\n")


def _mark(source: Path) -> str:
    return fingerprint(str(source.resolve()))  # a hash: the path itself may hold a name


def _belongs_to(cohort: Path) -> str | None:
    record = json.loads((cohort / COHORT_FILE).read_text("utf-8"))
    mark = record.get("moved_to", record.get("source"))
    return mark if isinstance(mark, str) else None


@contextmanager
def locked(cohort: Path) -> Iterator[None]:
    """One run at a time works on a cohort. The system lets go of the lock when a run is killed.

    Raises OutputError if another run is at it, or the folder cannot be written.
    """
    import locket

    try:
        cohort.mkdir(parents=True, exist_ok=True)
        lock = locket.lock_file(os.fspath(cohort / LOCK_FILE), timeout=0)
        lock.acquire()
    except locket.LockError:
        raise OutputError(
            "another run is at work on this cohort",
            source=str(cohort),
            next_step="Wait for it to end, or stop it.",
        ) from None
    except OSError as error:
        raise output_error(error, cohort) from error
    try:
        yield
    finally:
        lock.release()


def remove_partial(cohort: Path) -> None:
    """Remove what killed runs have left half-written. Nothing may be running."""
    for pattern in _PARTIAL:
        for path in (cohort / PATIENTS).glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
