"""How much memory this computer has."""

from __future__ import annotations

import os
import sys


def memory_bytes() -> int | None:
    """All of its memory; None where the system does not tell it."""
    if sys.platform == "win32":
        return _of_windows()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _of_windows() -> int | None:
    import ctypes

    kilobytes = ctypes.c_ulonglong()
    library = getattr(ctypes, "windll").kernel32  # noqa: B009 (not there for type checkers elsewhere)
    return 1024 * kilobytes.value if library.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes)) else None
