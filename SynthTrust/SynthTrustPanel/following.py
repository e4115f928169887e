"""A child process as the panel follows it: looked at from time to time, so that Slicer never waits for it."""

import logging

import qt

LOOK_MS = 50
READER_SECONDS = 0.005
"""For which each look lets the thread that reads the child have Python, which Slicer would keep."""


class Following:
    """Calls `onEnd` on the main thread with the result folder and None, or None and the error; never after `stop`.

    The child and who is told are let go of at the end: Qt holds what its timer calls.
    """

    def __init__(self, child, onEnd):
        self._child = child
        self._onEnd = onEnd
        self._timer = qt.QTimer()
        self._timer.interval = LOOK_MS
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def stop(self):
        """Look no more."""
        if self._child is not None:
            self._timer.stop()
            # It is kept: with the last reference to it, PythonQt would destroy it while it calls this.
            self._timer.deleteLater()
            self._child = self._onEnd = None

    def _look(self):
        from SynthTrustLib.errors import SynthTrustError

        child, onEnd = self._child, self._onEnd
        try:
            if not child.poll(READER_SECONDS):
                return
        except Exception:  # of who is told of the run, which goes on
            logging.exception("SynthTrust: an event of the run cannot be shown")
            return
        if self._child is None:  # who was told of an event has stopped this
            return
        self.stop()
        try:
            result, error = child.result(), None
        except SynthTrustError as problem:
            result, error = None, problem
        onEnd(result, error)
