"""Observers of VTK objects that come and go, none of which is kept."""


class Watching:
    """Calls `method(caller, event)` at some events of the objects that are watched.

    One that is watched no longer is let go of. slicer.util.VTKObservationMixin keeps whatever it has observed,
    with all its voxels, until its owner is closed: it is for objects that stay.
    """

    def __init__(self, events, method):
        self._events = events
        self._method = method
        self._tags = {}  # object -> tags of its observers

    def watch(self, watched):
        """Watch an object; one that is watched already stays so."""
        if watched not in self._tags:
            self._tags[watched] = [watched.AddObserver(event, self._method) for event in self._events]

    def unwatch(self, watched):
        """Let go of an object, watched or not."""
        for tag in self._tags.pop(watched, ()):
            watched.RemoveObserver(tag)

    def only(self, wanted):
        """Watch these objects and no others."""
        for watched in [watched for watched in self._tags if watched not in wanted]:
            self.unwatch(watched)
        for watched in wanted:
            self.watch(watched)

    def stop(self):
        """Watch nothing."""
        self.only([])
