"""Which series have come, gone, or changed what says whose they are, since the panel has looked last."""

import slicer
import vtk

from .timers import singleShot
from .watching import Watching

PATIENCE_MS = 1000


class Arrivals:
    """Follows the volumes of the scene until they are complete, and after.

    Slicer's readers add a volume before they tie it to its file, and process events in between; DICOM volumes are moved
    under their study later still. So a volume is judged when it has its voxels and no file's node waits for it, and
    once more whenever its name, file or study has changed. `onChange` is called when it is worth while to `look`.
    """

    def __init__(self, logic, onChange):
        self._logic = logic
        self._onChange = onChange
        self._known = {}  # node id -> what says whose it is
        self._unclaimed = []  # ids of files' nodes that no node has been tied to yet
        node = slicer.vtkMRMLNode
        changes = (vtk.vtkCommand.ModifiedEvent, node.ReferenceAddedEvent, node.ReferenceModifiedEvent)
        self._volumes = Watching(changes, self._onEvent)
        moved = slicer.vtkMRMLSubjectHierarchyNode.SubjectHierarchyItemReparentedEvent
        self._hierarchy = Watching((moved,), self._onEvent)
        self._patience = singleShot(PATIENCE_MS, self._loseUnclaimed)

    def start(self):
        """Begin with the scene as it is; what is there is known."""
        self.stop()
        for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
            self._volumes.watch(node)
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        if hierarchy is not None:
            self._hierarchy.watch(hierarchy)
        self._known = self._logic.whoseSeries()

    def stop(self):
        """Follow nothing."""
        self._patience.stop()
        self._volumes.stop()
        self._hierarchy.stop()
        self._known, self._unclaimed = {}, []

    def onAdded(self, node):
        """A node was added to the scene."""
        if node.IsA("vtkMRMLStorageNode"):
            self._unclaimed.append(node.GetID())
        elif node.IsA("vtkMRMLScalarVolumeNode"):
            self._volumes.watch(node)

    def onRemoved(self, node):
        """A node was removed from the scene."""
        self._volumes.unwatch(node)

    def _onEvent(self, caller, event):
        self._onChange()

    def look(self):
        """Ids of the series that have come or changed whose they are, and of those that have gone."""
        waiting = self._waiting()
        found = {key: facts for key, facts in self._logic.whoseSeries().items() if key not in waiting}
        if waiting:
            self._patience.start()
        known, self._known = self._known, found
        return {key for key, facts in found.items() if known.get(key) != facts}, set(known) - set(found)

    def _waiting(self):
        """Ids of the volumes without a file that a file's node may still be meant for."""
        files = [slicer.mrmlScene.GetNodeByID(nodeID) for nodeID in self._unclaimed]
        files = [node for node in files if node is not None]
        if files:
            owned = {
                node.GetNthStorageNodeID(index)
                for node in slicer.util.getNodesByClass("vtkMRMLStorableNode")
                for index in range(node.GetNumberOfStorageNodes())
            }
            files = [node for node in files if node.GetID() not in owned]
        self._unclaimed = [node.GetID() for node in files]
        return {
            volume.GetID()
            for volume in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
            if volume.GetStorageNode() is None and any(file.CanReadInReferenceNode(volume) for file in files)
        } - set(self._known)

    def _loseUnclaimed(self):
        """Nobody has tied these to a volume: the volumes that are there are complete."""
        self._unclaimed = []
        self._onChange()
