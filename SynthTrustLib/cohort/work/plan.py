"""What a run will do, told before it starts: who is run, who is done, what each patient has and lacks."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from SynthTrustLib.case.recognize.files import recognize_dicom, recognize_folder
from SynthTrustLib.cohort.folder import has_result, result_of
from SynthTrustLib.cohort.patient import Patient
from SynthTrustLib.cohort.reason import reason_of
from SynthTrustLib.cohort.state import Outcome, PatientState
from SynthTrustLib.cohort.work.settings import Settings
from SynthTrustLib.errors import InputError, SynthTrustError
from SynthTrustLib.fingerprint import fingerprint
from SynthTrustLib.machine import cores
from SynthTrustLib.runner.process.estimate import duration
from SynthTrustLib.segmenters.package.card import SegmenterCard
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

READERS = 4
"""Threads that hash: that runs outside Python's lock, and disks answer several questions at once."""

SHIPPED_FAMILY = "synthtrust-reference"

PROCESSOR_SECONDS = 2.0
"""Of a patient of 240 x 240 x 155 voxels, for each network of this family, and once more for all else."""

BYTES_PER_PATIENT = 40_000_000
"""A result folder of 10 segmenters at 240 x 240 x 155 voxels takes 20 to 40 MB."""


@dataclass(frozen=True)
class Item:
    """One patient with the key, and what is to be done."""

    key: str
    patient: Patient
    fingerprint: str
    """Of inputs and settings; empty where the inputs cannot be read, so that the patient is tried anew each time."""
    state: PatientState | None
    """From an earlier run; None if there is none, or it belongs to other inputs or settings."""
    runs: bool
    """Whether the patient is run now."""


def make_plan(
    cohort: Path,
    patients: Sequence[Patient],
    keys: Mapping[str, str],
    states: Mapping[str, PatientState],
    settings: Settings,
    *,
    retry_failed: bool = False,
) -> list[Item]:
    """An `Item` for each patient, in order. Reads all inputs once, to hash them.

    Raises InputError if a concern is accepted of a patient who is not there.
    """
    _require_known(settings.accepted, keys)
    common = settings.fingerprint()
    with ThreadPoolExecutor(READERS) as pool:
        hashes = list(pool.map(_content_hash, patients))
    items = []
    for patient, content in zip(patients, hashes, strict=True):
        key = keys[patient.name]
        mark = fingerprint([common, content]) if content else ""
        state = states.get(key)
        if state is not None and (not mark or state.fingerprint != mark or state.passing):
            state = None
        if state is not None and state.is_done and not has_result(cohort, key):
            state = None
        items.append(Item(key, patient, mark, state, _runs(state, settings.accepted_of(key), retry_failed)))
    return items


def _require_known(accepted: Sequence[str], keys: Mapping[str, str]) -> None:
    unknown = {concern.rpartition("/")[0] for concern in accepted} - {"", *keys.values()}
    if unknown:
        raise InputError(
            "no patient of this cohort has this key, of whom a concern is accepted",
            source=min(unknown),
            next_step="Name a key that synthtrust cohort status shows, or leave it out to mean everybody.",
        )


def _runs(state: PatientState | None, accepted: Sequence[str], retry_failed: bool) -> bool:
    if state is None:
        return True
    if state.outcome is Outcome.NEEDS_A_LOOK and set(state.concerns) <= set(accepted):
        return True
    return retry_failed and not state.is_done


def _content_hash(patient: Patient) -> str:
    try:
        return patient.content_hash()
    except (SynthTrustError, OSError):  # the task meets it again, and says what it is
        return ""


def time_in_words(patients: int, earlier: Sequence[float], segmenters: Sequence[SegmenterCard], workers: int) -> str:
    """What so many patients will take.

    `earlier`: seconds that patients took before. `workers`: on this machine; 0 for workers elsewhere.
    """
    if workers and earlier:
        return f"about {duration(median(earlier) / workers * patients)}, as earlier patients"
    if workers and all(card.family == SHIPPED_FAMILY for card in segmenters):
        seconds = PROCESSOR_SECONDS * (len(segmenters) + 1) * patients / cores()
        return f"roughly {duration(seconds)} where the processor is free, told better after the first"
    return "told after the first"


def describe_plan(
    cohort: Path, items: Sequence[Item], *, workers: str, time: str, look: Callable[[Patient], str]
) -> list[str]:
    """What will be done, in lines without a name.

    `workers`: who does it, and `time`: what it will take, in words.
    `look`: contrasts of a patient in words, or why there are none; `contrasts_of`, unless a test says otherwise.
    """
    waiting = [item for item in items if item.runs]
    done = sum(1 for item in items if item.state is not None and item.state.is_done and not item.runs)
    failed = [item for item in items if item.state is not None and not item.state.is_done and not item.runs]
    lines = [f"{_count(len(items), 'patient')}: {len(waiting)} to run, {done} done, {len(failed)} failed before"]
    if failed:
        lines.append("  those that failed are left alone: --retry-failed runs them again, --accept KEY goes on")
    if replaced := sum((result_of(cohort, item.key) / "scorecard.json").is_file() for item in waiting):
        have = "has" if replaced == 1 else "have"
        lines.append(f"  {replaced} of them {have} a result of other images, segmenters, calibration or options")
    alike = Counter(item.fingerprint for item in items if item.fingerprint).values()
    if twice := sum(number for number in alike if number > 1):
        lines.append(f"  {twice} patients have the same images as another one: they may be one under several names")
    found = Counter(look(item.patient) for item in waiting)
    lines += [f"  {_count(number, 'patient')}: {what}" for what, number in found.most_common()]
    if waiting:
        free = shutil.disk_usage(next(p for p in (cohort, *cohort.absolute().parents) if p.exists())).free
        disk = len(waiting) * BYTES_PER_PATIENT
        warning = "; THAT MAY NOT SUFFICE" if disk > free else ""
        lines.append(f"disk: about {_size(disk)} are needed, {_size(free)} are free{warning}")
        lines.append(f"time: {time}; {workers}")
    return lines


def contrasts_of(patient: Patient, task: Task = GLIOMA) -> str:
    """``"T1, T1c, FLAIR; T2 is missing"``, or why nothing was recognized; no names."""
    found: set[str] = set(patient.contrasts)
    try:
        if patient.folder and patient.files:
            found |= set(recognize_dicom(patient.files, "DICOM", named=patient.contrasts).contrasts)
        elif patient.folder:
            used = list(patient.contrasts.values())
            found |= set(recognize_folder(patient.folder, named=patient.contrasts, used=used).contrasts)
    except SynthTrustError as error:
        return f"cannot be used: {reason_of(error, patient.words())}"
    missing = [contrast for contrast in task.contrast_ids if contrast not in found]
    listed = " and ".join(filter(None, (", ".join(missing[:-1]), *missing[-1:])))
    lacks = f"; {listed} {'is' if len(missing) == 1 else 'are'} missing" if missing else ""
    return ", ".join(contrast for contrast in task.contrast_ids if contrast in found) + lacks


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _size(number: float) -> str:
    return f"{number / 1e6:.0f} MB" if number < 1e9 else f"{number / 1e9:.0f} GB"
