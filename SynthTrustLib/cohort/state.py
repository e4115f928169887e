"""What has become of a patient: one small file each, written when the result folder is there, or when there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from SynthTrustLib.codec import decode, encode, parse
from SynthTrustLib.cohort.folder import STATES, has_result
from SynthTrustLib.whole_file import write_text


class Outcome(StrEnum):
    """How a patient's run ended."""

    DONE = "done"
    FAILED = "failed"
    NEEDS_A_LOOK = "needs a look"  # concerns that nobody has accepted; counts as failed


@dataclass(frozen=True)
class PatientState:
    """How one patient stands."""

    key: str
    outcome: Outcome
    fingerprint: str
    """Of inputs, segmenters, calibration and version (`work.plan`)."""
    reason: str = ""
    """Empty when it is done; says nothing about who the patient is."""
    concerns: tuple[str, ...] = ()
    """Keys of those that nobody has accepted."""
    concerns_said: tuple[str, ...] = ()
    """The same in words; say nothing about who the patient is."""
    seconds: float = 0.0
    """What it took."""
    ended: str = ""
    passing: bool = False
    """Whether it failed for what may pass, such as a full disk, so that the next call tries it anew."""

    @property
    def is_done(self) -> bool:
        return self.outcome is Outcome.DONE


def write_state(cohort: Path, state: PatientState) -> None:
    """Write a patient's state; it is whole or the former one."""
    record = encode(state)
    del record["key"]  # the file's name
    write_text(cohort / STATES / f"{state.key}.json", json.dumps(record, indent=1) + "\n")


def settle(cohort: Path, state: PatientState) -> PatientState:
    """Write what has become of a patient, and return what stands: nobody who is done fails.

    A host that was cut off may still be at a patient whom another has finished since, and fail.
    """
    if not state.is_done and state.fingerprint:
        before = read_state(cohort, state.key)
        same = before is not None and before.is_done and before.fingerprint == state.fingerprint
        if before is not None and same and has_result(cohort, state.key):
            return before
    write_state(cohort, state)
    return state


def read_state(cohort: Path, key: str) -> PatientState | None:
    """One patient's state; None where there is none, or it is damaged."""
    return _read(cohort / STATES / f"{key}.json")


def read_states(cohort: Path) -> dict[str, PatientState]:
    """Key -> state; a damaged file counts as none, so that the patient is run again."""
    found = (_read(path) for path in sorted((cohort / STATES).glob("p*.json")))
    return {state.key: state for state in found if state is not None}


def _read(path: Path) -> PatientState | None:
    try:
        return decode(PatientState, {"key": path.stem, **parse(path.read_text("utf-8"))})
    except (OSError, ValueError, TypeError):
        return None
