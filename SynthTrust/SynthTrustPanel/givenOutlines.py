"""Outlines made elsewhere, which join a comparison without a network."""

import slicer

COMPARED_WITH = "ComparedWith"
"""Reference role of a segmentation node: the series of the patient in whose comparison it joins. An attribute of that
name holds their ids, too: it is all that there is in older scenes, and where the series are gone."""


class GivenOutlines:
    """The part of the logic that knows which segmentations of the scene are compared. It is kept on their nodes."""

    def givenOutlines(self):
        """The segmentation nodes of the scene that no run has made."""
        from SynthTrustLib.scene.patient.given_outline import given_outlines

        return given_outlines(slicer.mrmlScene)

    def comparedAs(self, node, volumes=()):
        """The label convention that a segmentation joins the comparison with; empty where it does not.

        Where `volumes` are given, one that was chosen for other volumes does not.
        """
        from SynthTrustLib.scene.patient.given_outline import COMPARED

        ids = {volume.GetID() for volume in volumes}
        count = node.GetNumberOfNodeReferences(COMPARED_WITH)  # these follow where a scene is imported into another
        chosenFor = [node.GetNthNodeReferenceID(COMPARED_WITH, n) for n in range(count)]
        chosenFor = chosenFor or (node.GetAttribute(COMPARED_WITH) or "").split()
        return "" if ids and chosenFor and ids.isdisjoint(chosenFor) else node.GetAttribute(COMPARED) or ""

    def compareOutline(self, node, convention, volumes=()):
        """Let a segmentation join the comparison ("auto", "brats", "binary", "WT=1+2,TC=1"), or not (empty).

        With `volumes` it joins that of the patient who has them, and no other's.
        """
        from SynthTrustLib.scene.patient.given_outline import COMPARED

        with slicer.util.NodeModify(node):
            node.SetAttribute(COMPARED, convention or None)
            node.SetAttribute(COMPARED_WITH, " ".join(volume.GetID() for volume in volumes) or None)
            node.RemoveNodeReferenceIDs(COMPARED_WITH)
            for volume in volumes:
                node.AddNodeReferenceID(COMPARED_WITH, volume.GetID())
