"""How long the application did not answer."""

from __future__ import annotations

import time

import qt

BEAT_MS = 5


class Heartbeat:
    """Within it a timer beats in the event loop; `longest` is the longest time without a beat, in seconds."""

    def __init__(self):
        self.longest = 0.0
        self._last = 0.0
        self._timer = qt.QTimer()
        self._timer.interval = BEAT_MS
        self._timer.timeout.connect(self._beat)

    def __enter__(self):
        self._last = time.monotonic()
        self._timer.start()
        return self

    def __exit__(self, *unused):
        self._timer.stop()
        self._beat()

    def _beat(self):
        now = time.monotonic()
        self.longest = max(self.longest, now - self._last)
        self._last = now
