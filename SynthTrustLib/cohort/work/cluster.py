"""Dask: a cluster on this machine, or one that is there already. Imported when a run starts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from SynthTrustLib.codec import encode
from SynthTrustLib.cohort.work.settings import Settings
from SynthTrustLib.cohort.work.task import fingerprint_here
from SynthTrustLib.errors import InputError
from SynthTrustLib.machine import cores, memory_bytes

if TYPE_CHECKING:
    from distributed import Client

WORKER_BYTES = 3e9
"""What a worker takes at most, with 10 segmenters at 240 x 240 x 155 voxels."""

CONNECT_SECONDS = 6.0

WORKER_ENVIRONMENT = {
    # Networks keep the worker's cores busy; NumPy's own threads would come on top of them.
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1),
    "MALLOC_ARENA_MAX": 1,  # as of `runner.process.launch`
    # What the C library comes to by itself. Dask gives back all beyond 64 KB, and each array would be cleared anew.
    "MALLOC_MMAP_THRESHOLD_": 1 << 25,
    "MALLOC_TRIM_THRESHOLD_": 1 << 26,
}
"""Of workers on this machine."""

TRIES = 2
"""How often a patient may end its worker, as one does who needs more memory than there is."""


def require_distributed() -> None:
    """Raise InputError where Dask is not installed."""
    if find_spec("distributed") is None or find_spec("locket") is None:
        raise InputError(
            "Dask is not installed, which runs the patients of a cohort",
            source="synthtrust cohort run",
            next_step="Install it with: pip install 'synthtrust[cohort]' (or: pip install 'dask[distributed]' locket).",
        )


def require_request(workers_elsewhere: str | None, memory_limit: str | None) -> None:
    """Raise InputError if the limit is no amount of memory or is not ours to set, or no scheduler answers.

    Asked before the patients are read, which may take minutes.
    """
    if workers_elsewhere is None:
        limit_in_bytes(memory_limit)
        return
    if memory_limit:
        raise InputError(
            "it is for workers on this machine",
            source="--limit-memory",
            next_step="Leave it out, and start workers elsewhere with: dask worker --memory-limit.",
        )
    _be_quiet()
    _connect(workers_elsewhere).close()


def limit_in_bytes(text: str | None) -> int:
    """``4GB`` in bytes; 0 for no limit. Raises InputError if it is no amount of memory."""
    from dask.utils import parse_bytes

    try:
        return int(parse_bytes(text)) if text else 0
    except ValueError:
        raise InputError(
            "it is no amount of memory", source=f"--limit-memory {text}", next_step="Write it as 4GB."
        ) from None


def default_workers(patients: int) -> int:
    """One worker for each core that memory suffices for, and no more than there are patients; at least one.

    Half of a patient's time is work for a single core, which would leave a worker's others idle.
    """
    by_memory = int((memory_bytes() or 2 * WORKER_BYTES) // WORKER_BYTES)
    return max(1, min(cores(), by_memory, patients))


def cores_per_worker(workers: int) -> int:
    """What each of so many workers on this machine may keep busy, at least one: together no more than there are."""
    return max(1, cores() // workers)


@contextmanager
def local_cluster(workers: int, memory_limit: str | None, *, processes: bool = True) -> Iterator[Client]:
    """Workers on this machine, each a process of one task at a time; all are gone after the block.

    `processes` is False in tests, where the workers are threads. Raises InputError if `memory_limit` is no amount of
    memory.
    """
    import dask
    from distributed import Client, LocalCluster

    limit = limit_in_bytes(memory_limit)
    _be_quiet()
    settings = {
        "distributed.scheduler.allowed-failures": TRIES - 1,
        "distributed.scheduler.worker-saturation": 1.0,  # nobody waits at a worker who may end with it
        "distributed.comm.timeouts.connect": "10s",
        # Dask looks at itself less often: it stopped the work a hundred times a second, and took a twentieth of a core.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "5s",
        **{f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in WORKER_ENVIRONMENT.items()},
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=processes,
            memory_limit=limit,
            host="127.0.0.1" if processes else None,
            dashboard_address="127.0.0.1:0",  # None would be port 8787, and a warning where that is taken
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def cluster_at(address: str, settings: Settings, fingerprint: str) -> Iterator[Client]:
    """Workers that are there already, once they are known to be of this version and to have these segmenters.

    Raises InputError if nobody answers, there is no worker, or a worker would give other answers.
    """
    _be_quiet()
    with _connect(address) as client:
        require_same(client, address, settings, fingerprint)
        yield client


def _connect(address: str) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=CONNECT_SECONDS)
    except Exception:  # what is no scheduler may answer anything, and Dask may take it for anything
        raise InputError(
            "no scheduler answers there",
            source=f"--scheduler {address}",
            next_step="Start one with: dask scheduler, and workers with: dask worker ADDRESS.",
        ) from None


def require_same(client: Client, address: str, settings: Settings, fingerprint: str) -> None:
    """Raise InputError unless every worker has this version of SynthTrust and these segmenters."""
    import SynthTrustLib

    answers = client.run(fingerprint_here, encode(settings), on_error="return")
    if not answers:
        raise InputError(
            "the scheduler has no worker", source=f"--scheduler {address}", next_step="Start one: dask worker ADDRESS."
        )
    for worker, answer in answers.items():
        if isinstance(answer, BaseException):
            what = f"its Python cannot run SynthTrust ({type(answer).__name__})"
        elif answer[0] != SynthTrustLib.__version__:
            what = f"it has SynthTrust {answer[0]}, and here it is {SynthTrustLib.__version__}"
        elif answer[1] != fingerprint:
            what = "it has other segmenters or another calibration"
        else:
            continue
        raise InputError(
            what, source=f"worker {worker}", next_step="Install the same version and segmenters on every machine."
        )


def _be_quiet() -> None:
    """Nothing of Dask on the screen: what it logs may quote a task, and what matters is said by us."""
    import distributed  # noqa: F401 - it sets up its own logging first

    ours = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    for name in ours:  # each has a level of its own
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
