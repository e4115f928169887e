"""A run of a cohort from beginning to end. Whatever ends it, the next call goes on where it stood."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from SynthTrustLib.cohort.find.find import find_patients
from SynthTrustLib.cohort.folder import claim, locked, remove_partial, require_ours
from SynthTrustLib.cohort.keys import are_same, keys_for, read_known, require_keys, write_keys
from SynthTrustLib.cohort.state import Outcome, PatientState, read_states, settle
from SynthTrustLib.cohort.work import cluster
from SynthTrustLib.cohort.work.plan import Item, contrasts_of, describe_plan, make_plan, time_in_words
from SynthTrustLib.cohort.work.settings import Settings
from SynthTrustLib.cohort.work.task import job_of, run_patient
from SynthTrustLib.errors import InputError
from SynthTrustLib.runner.process.events import Listener, Noted, Progressed, ignore
from SynthTrustLib.segmenters.engines.engine import require_engine
from SynthTrustLib.task.task import Task

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class CohortRequest:
    """What a user asks for."""

    source: Path  # a folder or table of patients (`find_patients`)
    out: Path
    settings: Settings
    workers: int | None = None  # on this machine; None for as many as suit it
    scheduler: str | None = None  # the address of a cluster that is there already, instead
    reference: str | None = None  # as of `find_patients`
    dry_run: bool = False
    retry_failed: bool = False
    limit_memory: str | None = None  # a worker that takes more is ended, such as ``"4GB"``


def run_cohort(request: CohortRequest, say: Callable[[str], None], on_event: Listener = ignore) -> list[PatientState]:
    """Say what will be done, and do it.

    `say`: receives lines for the screen; none holds a name. `on_event`: receives `Progressed` and `Noted`.

    Returns the state of every patient of `request.source` that has one, in order of the keys. Raises SynthTrustError if
    the request cannot be carried out at all. A patient who fails is a state, not an error.
    """
    _require_usable(request)
    out = Path(os.path.abspath(request.out))  # noqa: PTH100 - as of assess
    task = request.settings.task()
    patients = find_patients(request.source, reference=request.reference, note=say, task=task)
    require_keys(out)
    same = are_same(read_known(out).values(), patients)
    require_ours(out, request.source, same_patients=same)
    if request.dry_run:
        keys = keys_for(out, (patient.name for patient in patients))
        items = make_plan(out, patients, keys, read_states(out), request.settings, retry_failed=request.retry_failed)
        _announce(request, out, items, say, task)
        return []
    with locked(out):
        claim(out, request.source, same_patients=same)
        remove_partial(out)
        keys = keys_for(out, (patient.name for patient in patients))
        write_keys(out, keys, patients)
        items = make_plan(out, patients, keys, read_states(out), request.settings, retry_failed=request.retry_failed)
        _announce(request, out, items, say, task)
        waiting = [item for item in items if item.runs]
        if waiting:
            try:
                with _client(request, items) as client:
                    _work(client, request, out, waiting, say, on_event)
            finally:
                if not request.scheduler:  # workers elsewhere may still be at work
                    remove_partial(out)
        states = read_states(out)
        return [states[item.key] for item in sorted(items, key=lambda item: item.key) if item.key in states]


def _require_usable(request: CohortRequest) -> None:
    """Raise SynthTrustError for what no patient could be run with, before anything is read or touched."""
    if not request.scheduler:
        require_engine(request.settings.engine)
    request.settings.fingerprint()  # segmenters, calibration
    if not request.dry_run:
        cluster.require_distributed()
        cluster.require_request(request.scheduler, request.limit_memory)


def _announce(request: CohortRequest, out: Path, items: Sequence[Item], say: Callable[[str], None], task: Task) -> None:
    count = _workers(request, items)
    workers = "on the workers of the scheduler" if request.scheduler else f"workers on this machine: {count}"
    earlier = [state.seconds for state in read_states(out).values() if state.is_done and state.seconds > 0]
    cards = [package.card for package in request.settings.packages()[1]]
    waiting = sum(item.runs for item in items)
    took = time_in_words(waiting, earlier, cards, 0 if request.scheduler else min(count, waiting))
    for line in describe_plan(out, items, workers=workers, time=took, look=partial(contrasts_of, task=task)):
        say(line)
    if request.settings.write_dicom:
        say("DICOM results: for patients who come from DICOM alone")


def _workers(request: CohortRequest, items: Sequence[Item]) -> int:
    """How many workers on this machine."""
    return request.workers or cluster.default_workers(sum(item.runs for item in items))


@contextmanager
def _client(request: CohortRequest, items: Sequence[Item]) -> Iterator[Client]:
    if request.scheduler:
        fingerprint = request.settings.fingerprint()
        with cluster.cluster_at(request.scheduler, request.settings, fingerprint) as client:
            yield client
    else:
        with cluster.local_cluster(_workers(request, items), request.limit_memory) as client:
            yield client


def _work(
    client: Client,
    request: CohortRequest,
    out: Path,
    waiting: Sequence[Item],
    say: Callable[[str], None],
    on_event: Listener,
) -> None:
    """Run those that wait, and tell how far it is."""
    from distributed import as_completed

    if find_spec("bokeh") and client.dashboard_link:
        say(f"Dask's own view: {client.dashboard_link}")
    threads = None if request.scheduler else cluster.cores_per_worker(_workers(request, waiting))
    by_key = {item.key: item for item in waiting}
    futures = [
        client.submit(
            run_patient,
            job_of(out, item.key, item.patient, request.settings, item.fingerprint, threads),
            key=f"synthtrust-{item.key}-{item.fingerprint[:8]}-{time.time_ns()}",
            pure=False,
        )
        for item in waiting
    ]
    keys = {future.key: item.key for future, item in zip(futures, waiting, strict=True)}
    begun = time.monotonic()
    failed = 0
    on_event(Progressed(f"0 of {len(waiting)} patients", 0.0, 0.0))
    for done, future in enumerate(as_completed(futures), start=1):
        key = keys[future.key]
        if future.status in ("cancelled", "lost"):
            raise InputError(
                "the scheduler does not answer any more",
                source=f"--scheduler {request.scheduler}" if request.scheduler else "Dask",
                next_step="Start it again, and give the same command: whoever is done stays done.",
            )
        if future.status == "finished":
            result = future.result()
            outcome, reason = Outcome(result["outcome"]), result["reason"]
        else:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            why, mark = _why_lost(future), by_key[key].fingerprint
            # Others may have taken the memory, so that it may pass.
            stands = settle(out, PatientState(key, Outcome.FAILED, mark, why, ended=now, passing=True))
            outcome, reason = stands.outcome, stands.reason
        future.release()
        if outcome is not Outcome.DONE:
            failed += 1
            on_event(Noted(f"{key}: {reason}"))
        left = (time.monotonic() - begun) / done * (len(waiting) - done)
        share = done / len(waiting)
        stage = f"{done} of {len(waiting)} patients" + (f", {failed} failed" if failed else "")
        on_event(Progressed(stage, share, share, left))


def _why_lost(future: object) -> str:
    """Why a task has no result: only the kind of the error, as Dask's words may quote the task."""
    error = future.exception()  # type: ignore[attr-defined]
    if type(error).__name__ == "KilledWorker":
        return f"its worker ended {cluster.TRIES} times, perhaps for lack of memory"
    return f"its worker was lost ({type(error).__name__})"
