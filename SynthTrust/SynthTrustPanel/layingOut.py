"""Many changes of a panel that are laid out once."""

import contextlib


@contextlib.contextmanager
def once(panel, sections):
    """Within it no widget in `panel` or its `sections` is moved; after it, all of them are laid out, one time.

    Whenever something is shown or hidden in a panel that is seen, Qt lays out everything around it at once.
    """
    layouts = [layout for layout in (widget.layout() for widget in (*sections, panel)) if layout.isEnabled()]
    for layout in layouts:
        layout.setEnabled(False)
    try:
        yield
    finally:
        for layout in layouts:
            layout.setEnabled(True)
        for layout in layouts:  # the panel's last: it asks the sections for their sizes
            layout.activate()
