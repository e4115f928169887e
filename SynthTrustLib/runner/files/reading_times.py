"""When a reader did what at the review spots: a line for each step, in a file on the reader's own computer.

It is for timed trials (Docs/trial.md). The file holds times, spots and choices: no name, neither the patient's nor the
reader's, no path and no image.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from SynthTrustLib.plain_text import csv_text
from SynthTrustLib.runner.files.folder import output_error

COLUMNS = ("time", "seconds", "result", "what", "by", "spot", "region", "choice", "taken")
"""UTC; seconds since the file was begun; when the shown result was made, as its scorecard says; what was done; by a
``key``, a ``button``, in a ``list`` or by the ``program``; of a spot its rank and region; and what was chosen there."""


class ReadingTimes:
    """A new CSV file that grows by a line a step; each is on disk at once, so that nothing is lost with the program."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin a file in `folder`. Raises OutputError if it cannot be written."""
        self._clock, self._began = clock, clock()
        stem = f"SynthTrust-times-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        self.path, number = folder / f"{stem}.csv", 2
        while self.path.exists():
            self.path, number = folder / f"{stem}-{number}.csv", number + 1
        self._write(csv_text(COLUMNS, ()), "x")

    def note(
        self,
        what: str,
        *,
        by: str = "",
        result: str = "",
        spot: int | None = None,
        region: str = "",
        choice: str = "",
        taken: str = "",
    ) -> None:
        """Add a line about this moment; `OutputError` if it cannot be written."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        seconds = f"{self._clock() - self._began:.3f}"
        line = (now, seconds, result, what, by, "" if spot is None else spot, region, choice, taken)
        _, text = csv_text(COLUMNS, (line,)).split("\n", 1)  # without the head
        self._write(text, "a")

    def _write(self, text: str, mode: str) -> None:
        try:
            with self.path.open(mode, encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as error:
            raise output_error(error, self.path) from error
