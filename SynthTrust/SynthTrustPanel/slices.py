"""Long work of the panel in slices, between which Slicer stays awake."""

import time

import qt
import slicer

SLICE_SECONDS = 0.05
"""No new piece is begun later in a slice."""


class Slices:
    """Does the pieces of SynthTrustLib.progress.Steps on the main thread, a few in each turn of the event loop.

    Views are not drawn within a slice. `onEnd` receives the result and None, or None and the error, unless `stop` was
    called before; `onProgress` receives how much is done (0..1). Both, and the result, are let go of at the end: Qt
    holds what its timer calls, and nobody else would destroy the timer of this object.
    """

    def __init__(self, steps, onEnd, onProgress=lambda done: None):
        self._steps = steps
        self._onEnd = onEnd
        self._onProgress = onProgress
        self._outcome = None
        self._working = self._stopped = False
        self._timer = qt.QTimer()
        self._timer.interval = 0
        self._timer.timeout.connect(self._work)
        self._timer.start()

    def isWorking(self):
        """Whether a piece is being done, so that what happens now may be its doing."""
        return self._working

    def stop(self):
        """Give up: the pieces take back what they have made. Returns the result where all is done, `onEnd` only is not.

        That one is the caller's to take back.
        """
        if self._steps is None:
            return None
        self._stopped = True
        self._timer.stop()
        done = self._outcome[0] if self._outcome is not None else None
        if not self._working:
            self._close()
        return done

    def _close(self):
        with slicer.util.RenderBlocker():
            self._steps.close()
        self._release()

    def _release(self):
        # The timer itself is kept: with the last reference to it, PythonQt would destroy it while it calls this.
        self._timer.deleteLater()
        self._steps = self._onEnd = self._onProgress = self._outcome = None

    def _work(self):
        self._timer.stop()  # pieces may process events
        if self._outcome is not None:
            onEnd, outcome = self._onEnd, self._outcome
            self._release()
            onEnd(*outcome)
            return
        self._working = True
        until = time.monotonic() + SLICE_SECONDS
        with slicer.util.RenderBlocker():
            try:
                done = next(self._steps)
                while time.monotonic() < until and not self._stopped:
                    done = next(self._steps)
            except StopIteration as end:
                self._outcome = (end.value, None)
            except Exception as error:
                self._outcome = (None, error)
        self._working = False
        if self._stopped:  # by an event that the piece has processed
            self._close()
            return
        if self._outcome is None:
            self._onProgress(done)
        self._timer.start()
