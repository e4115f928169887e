"""Long work of the panel in slices, between which Slicer stays awake."""

from __future__ import annotations

import time

import qt
import slicer

SLICE_SECONDS = 0.08
"""No new piece is begun later in a slice."""


class Slices:
    """Does the pieces of SynthTrustLib.progress.Steps on the main thread, a few in each turn of the event loop.

    Views are not drawn within a slice. `onEnd` receives the result and None, or None and the error, unless `stop` was
    called before; `onProgress` receives how much is done (0..1).
    """

    def __init__(self, steps, onEnd, onProgress=lambda done: None):
        self._steps = steps
        self._onEnd = onEnd
        self._onProgress = onProgress
        self._timer = qt.QTimer()
        self._timer.interval = 0
        self._timer.timeout.connect(self._work)
        self._timer.start()

    def stop(self):
        """Give up: what was made is taken back."""
        self._timer.stop()
        with slicer.util.RenderBlocker():
            self._steps.close()

    def _work(self):
        self._timer.stop()  # pieces may process events
        until = time.monotonic() + SLICE_SECONDS
        with slicer.util.RenderBlocker():
            try:
                done = next(self._steps)
                while time.monotonic() < until:
                    done = next(self._steps)
            except StopIteration as end:
                self._onEnd(end.value, None)
                return
            except Exception as error:
                self._onEnd(None, error)
                return
        self._onProgress(done)
        self._timer.start()
