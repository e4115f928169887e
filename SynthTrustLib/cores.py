"""How many processor cores there are for this process."""

from __future__ import annotations

import os


def cores() -> int:
    """Those that this process may use: a batch system often gives fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # Windows, macOS
