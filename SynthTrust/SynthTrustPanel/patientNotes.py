"""What was said of a patient in the panel, kept on the patient's series: it stays with them and with the scene."""

CASE_LABEL = "CaseLabel"
VOXEL_SIZE = "StatedVoxelSize"
REFERENCE = "TrustedReference"


def keep(volumes, parameterNode):
    """Keep the case label, the stated voxel size and the trusted reference on a patient's volume nodes."""
    reference = parameterNode.referenceSegmentation
    for node in volumes:
        node.SetAttribute(CASE_LABEL, parameterNode.caseLabel or None)
        node.SetAttribute(VOXEL_SIZE, parameterNode.voxelSize or None)
        node.SetNodeReferenceID(REFERENCE, reference.GetID() if reference is not None else None)


def recall(volumes, parameterNode):
    """Put what is kept on a patient's volume nodes in the place of what is there; nothing where nothing is kept."""

    def first(of):
        return next(filter(None, map(of, volumes)), None)

    parameterNode.caseLabel = first(lambda node: node.GetAttribute(CASE_LABEL)) or ""
    parameterNode.voxelSize = first(lambda node: node.GetAttribute(VOXEL_SIZE)) or ""
    parameterNode.referenceSegmentation = first(lambda node: node.GetNodeReference(REFERENCE))
