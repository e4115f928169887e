"""Ending a child with everything that it started, and noticing that one's own parent has ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

GRACE_SECONDS = 3.0
"""How long a child may take to clean up after itself before it is ended by force."""


def new_group_options() -> dict[str, Any]:
    """Options for Popen that put the child in a group of its own, so that a terminal's Ctrl-C reaches only us."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def end_process_tree(process: subprocess.Popen[Any], grace_seconds: float = GRACE_SECONDS) -> None:
    """End a child and its descendants, children first, and collect it, so that no zombie stays.

    The child must have been started with `new_group_options`. Returns when it is gone. A child that has ended already
    is only collected, with what it may have left running.
    """
    if process.poll() is None and not _end_with_psutil(process.pid, grace_seconds) and sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    if sys.platform != "win32":
        _end_group(process, grace_seconds)
    process.wait()


def _end_with_psutil(pid: int, grace_seconds: float) -> bool:
    try:
        import psutil
    except ImportError:
        return False
    try:
        parent = psutil.Process(pid)
        members = [*reversed(parent.children(recursive=True)), parent]
    except psutil.NoSuchProcess:
        return True
    for end in ("terminate", "kill"):
        for member in members:
            with contextlib.suppress(psutil.NoSuchProcess):
                getattr(member, end)()
        _, members = psutil.wait_procs(members, timeout=grace_seconds)
    return True


def _end_group(process: subprocess.Popen[Any], grace_seconds: float) -> None:
    """End the child's group: all of it where psutil is missing, and what the child has orphaned in any case."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(grace_seconds)
        os.killpg(process.pid, signal.SIGKILL)


class Parent:
    """The process that started this one. Made first of all, as it is known only while it is there."""

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._handle = _open_for_waiting(self._pid)

    def is_gone(self) -> bool:
        """Whether it has ended."""
        if sys.platform == "win32":
            import ctypes

            return self._handle is not None and ctypes.windll.kernel32.WaitForSingleObject(self._handle, 0) == 0
        return os.getppid() != self._pid


def _open_for_waiting(pid: int) -> int | None:
    if sys.platform == "win32":
        import ctypes

        synchronize = 0x00100000
        return ctypes.windll.kernel32.OpenProcess(synchronize, False, pid) or None
    return None
