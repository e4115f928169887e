"""What this process may use of the machine: a batch system or a container often gives less than there is."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

GROUPS, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Where Linux keeps the limits of containers and batch jobs (control groups, version 2)."""


def cores() -> int:
    """How many processor cores, at least one."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = [math.ceil(int(quota) / int(period)) for quota, period in _limits("cpu.max")]
    return max(1, min([there, *shares]))


def memory_bytes() -> int | None:
    """How much memory; None where the system does not tell it."""
    there = _of_windows() if sys.platform == "win32" else _of_this_computer()
    limits = [int(limit) for (limit,) in _limits("memory.max")]
    return min([there, *limits]) if there is not None else min(limits, default=None)


def _limits(name: str) -> Iterator[list[str]]:
    """The words of the file `name` of this process's group and of those above it, where they set a limit."""
    try:
        own = next(line[3:] for line in OWN_GROUP.read_text().splitlines() if line.startswith("0::"))
    except (OSError, StopIteration):
        return
    inside = GROUPS / own.strip("/")
    for group in (inside, *inside.parents):
        if group.is_relative_to(GROUPS) and (group / name).is_file():
            words = (group / name).read_text().split()
            if words[0] != "max":
                yield words


def _of_this_computer() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _of_windows() -> int | None:
    import ctypes

    kilobytes = ctypes.c_ulonglong()
    library = getattr(ctypes, "windll").kernel32  # noqa: B009 (not there for type checkers elsewhere)
    return 1024 * kilobytes.value if library.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes)) else None
