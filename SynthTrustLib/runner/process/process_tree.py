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
    """Options for Popen: the child is a group of its own, so that Ctrl-C reaches only us, and has no window."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


class ProcessTree:
    """A child, started with `new_group_options`, and all that it has started."""

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self._process = process
        self._members: list[Any] = []

    def end(self, *, force: bool) -> None:
        """Ask all of them to end, or end them; children first. Does not wait. What has ended already is left alone."""
        if self._process.poll() is None:
            self._members = _members(self._process.pid) or self._members
        for member in self._members:
            with contextlib.suppress(Exception):  # psutil's own, of what has ended meanwhile
                member.kill() if force else member.terminate()
        if sys.platform == "win32":
            if force and not self._members and self._process.poll() is None:
                taskkill = ["taskkill", "/T", "/F", "/PID", str(self._process.pid)]
                subprocess.run(taskkill, capture_output=True, check=False)
        elif force or not self._members:
            # All of its group where psutil is missing, and what it has orphaned in any case.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL if force else signal.SIGTERM)


def _members(pid: int) -> list[Any]:
    """The descendants of a process and itself, as psutil knows them; empty without psutil."""
    try:
        import psutil
    except ImportError:
        return []
    try:
        parent = psutil.Process(pid)
        return [*reversed(parent.children(recursive=True)), parent]
    except psutil.NoSuchProcess:
        return []


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
