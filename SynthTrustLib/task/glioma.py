"""The task that ships: glioma in four MRI contrasts, with the three nested regions of BraTS."""

from SynthTrustLib.resources import resource_path
from SynthTrustLib.task.read import read_task

GLIOMA = read_task(resource_path("Tasks/glioma.json"))
"""What a segmenter draws whose card names no task."""
