"""How long the application did not answer."""

import time

import qt

BEAT_MS = 5


class Heartbeat:
    """Within it a timer beats in the event loop.

    `longest` is the longest time without a beat, `busiest` the most that this thread has worked without one, both in
    seconds: on a computer that does other things, too, it is `busiest` that tells of a piece of work that is too large.
    """

    def __init__(self):
        self.longest = self.busiest = 0.0
        self._last = self._worked = 0.0
        self._timer = qt.QTimer()
        self._timer.interval = BEAT_MS
        self._timer.timeout.connect(self._beat)

    def __enter__(self):
        self._last, self._worked = time.monotonic(), time.thread_time()
        self._timer.start()
        return self

    def __exit__(self, *unused):
        self._timer.stop()
        self._beat()

    def _beat(self):
        now, worked = time.monotonic(), time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self.busiest = max(self.busiest, worked - self._worked)
        self._last, self._worked = now, worked
