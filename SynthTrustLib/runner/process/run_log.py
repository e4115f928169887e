"""The run in lines of text: what was done, and how long it took. No path and no file name: they may name a patient."""

from __future__ import annotations

import time


class RunLog:
    """Collects lines with the seconds since the start."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._lines: list[str] = []

    def add(self, text: str) -> None:
        """Add one line."""
        self._lines.append(f"{time.monotonic() - self._begin:8.2f} s  {text}")

    def text(self) -> str:
        """The whole log."""
        return "".join(line + "\n" for line in self._lines)
