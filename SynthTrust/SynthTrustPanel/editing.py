"""Outlines drawn by hand, in Slicer's Segment Editor."""

import slicer


class Editing:
    """Opens the Segment Editor on outlines of a result, and puts away what it was given for that."""

    def __init__(self, logic):
        self._logic = logic

    def hidePreviews(self):
        """Take what a choice at a spot would draw off the views."""
        from SynthTrustLib.scene.nodes.preview import remove_previews

        remove_previews(slicer.mrmlScene)

    def paintAtSpot(self, result, spot, reviewer):
        """Switch to the Segment Editor with the reviewer's outline, a brush, and no room outside the neighbourhood."""
        slicer.util.selectModule("SegmentEditor")  # first: where there is none, nothing was painted
        yours = self._logic.yourOutline(result)
        node = yours.open_for_painting()
        yours.painted(spot, reviewer)
        room = yours.mark_room(spot)
        editor = slicer.util.getModuleWidget("SegmentEditor").editor
        editor.setSegmentationNode(node)
        editor.setSourceVolumeNode(result.nodes.reference_volume)
        editor.setCurrentSegmentID(str(spot.region))
        settings = editor.mrmlSegmentEditorNode()
        if settings is not None:
            settings.SetOverwriteMode(settings.OverwriteNone)
            settings.SetMaskSegmentID(room)
            settings.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment)
        editor.setActiveEffectByName("Paint")

    def endPainting(self):
        """The Segment Editor is not limited to the neighbourhood of a spot any more: the user has come back."""
        from SynthTrustLib.scene.result.attributes import ROOM

        settings = slicer.mrmlScene.GetSingletonNode("SegmentEditor", "vtkMRMLSegmentEditorNode")
        if settings is not None and settings.GetMaskSegmentID() == ROOM:
            settings.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere)
            settings.SetMaskSegmentID("")

    def openInSegmentEditor(self, result, region):
        """Switch to the Segment Editor with the outline of record of a region selected.

        Regions overlap: the editor is told to leave the others as they are, where it would cut the stroke out of them.
        """
        node = result.nodes.record
        slicer.util.selectModule("SegmentEditor")
        widget = slicer.util.getModuleWidget("SegmentEditor")
        widget.editor.setSegmentationNode(node)
        settings = widget.editor.mrmlSegmentEditorNode()
        if settings is not None:
            settings.SetOverwriteMode(settings.OverwriteNone)
        widget.editor.setSourceVolumeNode(result.nodes.reference_volume)
        widget.editor.setCurrentSegmentID(str(region))
