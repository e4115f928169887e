"""Timers of the panel."""

import qt


def singleShot(milliseconds, function, parent=None):
    """A timer that calls `function` once, so long after it was started last."""
    timer = qt.QTimer(parent)
    timer.setSingleShot(True)
    timer.interval = milliseconds
    timer.timeout.connect(function)
    return timer
