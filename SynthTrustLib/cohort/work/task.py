"""What a worker does: one patient from files to a result folder and a state. It never raises.

Dask would write the arguments of a task that raises, and with them the patient's paths, into its log.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from SynthTrustLib.codec import decode, encode
from SynthTrustLib.cohort.folder import result_of
from SynthTrustLib.cohort.patient import Patient
from SynthTrustLib.cohort.reason import reason_of
from SynthTrustLib.cohort.state import Outcome, PatientState, settle
from SynthTrustLib.cohort.work.settings import Settings
from SynthTrustLib.errors import Concern, ConcernsError, OutputError, SynthTrustError
from SynthTrustLib.machine import cores
from SynthTrustLib.segmenters.engines.engine import Engine

_ONE_AT_A_TIME = Lock()
"""A worker of several threads takes as many tasks. Its networks serve one patient, and so does its memory."""


def run_patient(job: Mapping[str, Any]) -> dict[str, Any]:
    """Assess one patient and write down what became of it.

    `job`: as `job_of` makes it.

    Returns ``key``, ``outcome``, ``reason`` and ``seconds``: what may be shown and logged.
    """
    with _ONE_AT_A_TIME:
        return _run_patient(job)


def _run_patient(job: Mapping[str, Any]) -> dict[str, Any]:
    begun = time.monotonic()
    cohort, key = Path(job["cohort"]), str(job["key"])
    outcome, reason = Outcome.DONE, ""
    concerns: tuple[Concern, ...] = ()
    passing = False
    try:
        _assess(job, cohort, key)
    except Exception as error:
        outcome, reason, concerns = _what_became(error, job)
        passing = isinstance(error, OutputError)  # a full disk is no fault of the patient
    seconds = round(time.monotonic() - begun, 2)
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    state = PatientState(
        key,
        outcome,
        job["fingerprint"],
        reason,
        concerns=tuple(dict.fromkeys(concern.key for concern in concerns)),
        concerns_said=tuple(concern.written for concern in concerns),
        seconds=seconds,
        ended=ended,
        passing=passing,
    )
    try:
        stands = settle(cohort, state)
        outcome, reason = stands.outcome, stands.reason
    except OSError as error:
        reason = f"what became of it cannot be written ({error.strerror})"
        outcome = Outcome.FAILED
    return {"key": key, "outcome": str(outcome), "reason": reason, "seconds": seconds}


def job_of(
    cohort: Path, key: str, patient: Patient, settings: Settings, fingerprint: str, threads: int | None
) -> dict[str, Any]:
    """What a task is given: paths and small JSON, nothing else of a patient travels.

    `threads`: how many cores the patient may keep busy; None for as many as its worker has threads.
    """
    return {
        "cohort": str(cohort.absolute()),
        "key": key,
        "patient": encode(patient),
        "settings": encode(settings),
        "fingerprint": fingerprint,
        "threads": threads,
    }


def _assess(job: Mapping[str, Any], cohort: Path, key: str) -> None:
    from SynthTrustLib.cohort.hospital.examples import Witness
    from SynthTrustLib.runner.assess import assess

    _settle()
    threads = job["threads"] or threads_of_this_worker()
    _keep_to(threads)
    settings, patient = decode(Settings, job["settings"]), decode(Patient, job["patient"])
    request = settings.request(patient, key, result_of(cohort, key))
    assess(request, engine=_engine(settings, threads), witness=Witness(patient.names()))


def threads_of_this_worker() -> int:
    """Its share of the machine, as ``dask worker`` reckons it, or as ``--nthreads`` says; all cores outside of one."""
    from distributed import get_worker

    try:
        return int(get_worker().state.nthreads)
    except ValueError:
        return cores()


def _keep_to(threads: int) -> None:
    """What works on images keeps to so many threads as well: it would take all cores of the machine."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)


def _what_became(error: Exception, job: Mapping[str, Any]) -> tuple[Outcome, str, tuple[Concern, ...]]:
    words: set[str] = set()
    try:
        words = decode(Patient, job["patient"]).words()
    except OSError:
        error = error if isinstance(error, SynthTrustError) else OSError()
    reason = reason_of(error, words)
    if isinstance(error, ConcernsError):
        return Outcome.NEEDS_A_LOOK, reason, error.concerns
    return Outcome.FAILED, reason, ()


@cache
def _engine(settings: Settings, threads: int | None) -> Engine:
    """The worker's own engine, with the networks that it has compiled."""
    from SynthTrustLib.segmenters.engines.engine import choose_engine
    from SynthTrustLib.segmenters.engines.kept import KeptNetworks

    cards = [package.card for package in settings.packages()[1]]
    return KeptNetworks(choose_engine(settings.engine, cards, threads=threads))


@cache
def _settle() -> None:
    """Once in a worker's process: work in the temporary folder, as `case.file.scratch` wants it."""
    if multiprocessing.parent_process() is not None:
        from SynthTrustLib.runner.process.child import work_in_temporary_folder

        work_in_temporary_folder()


def fingerprint_here(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Version, and fingerprint of the settings as this process sees them: asked of workers before they are trusted."""
    import SynthTrustLib

    try:
        return SynthTrustLib.__version__, decode(Settings, settings).fingerprint()
    except SynthTrustError as error:
        return SynthTrustLib.__version__, f"{error.what}"
