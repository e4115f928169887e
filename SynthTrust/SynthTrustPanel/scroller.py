"""Scrolls the panel to a section, so that what happens next is seen."""

from .timers import singleShot

AT_REST_AFTER_MS = 120
"""Sections are laid out anew when one is opened or filled, in a few turns of the event loop."""


class Scroller:
    """Scrolls the area that a panel lies in; without a main window there is none."""

    def __init__(self, panel):
        self._wanted = None
        self._timer = singleShot(AT_REST_AFTER_MS, self._scroll, panel)

    def show(self, widget):
        """Bring the top of a widget to the top of what is seen, or as near to it as the panel's end allows."""
        self._wanted = widget
        self._timer.start()

    def _scroll(self):
        top, widget = 0, self._wanted
        while widget is not None and not widget.inherits("QScrollArea"):
            top += widget.y
            widget = widget.parentWidget()
        if widget is not None:
            bar = widget.verticalScrollBar()
            bar.value = bar.value + top
