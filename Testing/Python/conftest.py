"""What holds for all tests: what they may take of the processor."""

from __future__ import annotations

import gc
import os

THREADS = (
    "OMP_NUM_THREADS",  # PyTorch, scikit-learn
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",  # NumPy, SciPy
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",  # SimpleITK
    "VTK_SMP_MAX_THREADS",
    "LP_NUM_THREADS",  # Mesa's drawing without a graphics card
)
"""What limits the threads of libraries, in this process before they are loaded, and in those that tests start.

By default each starts as many as there are cores, in every worker of pytest-xdist, and they wait for each other more
than they compute.
"""

if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    for name in THREADS:
        os.environ.setdefault(name, str(max(1, (os.cpu_count() or 1) // workers)))


def pytest_collection_finish():
    """What was imported stays: to look for garbage in it, again and again, takes a seventh of the panel's tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
