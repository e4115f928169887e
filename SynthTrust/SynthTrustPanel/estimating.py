"""What a run takes, as the runs on this computer before have told."""

import qt

from .inputs import gridVolume

HISTORY_SETTING = "SynthTrust/Runs"


def estimate(volumes, segmenters, task=None):
    """Seconds (None before the first run on this computer) and bytes of memory that a run will take."""
    from SynthTrustLib.runner.process.estimate import estimate_seconds, recall
    from SynthTrustLib.segmenters.run import estimate_bytes

    whose = gridVolume(volumes, task)
    if whose is None or whose.GetImageData() is None:
        return None, 0
    shape = whose.GetImageData().GetDimensions()
    history = recall(str(qt.QSettings().value(HISTORY_SETTING) or ""))
    seconds = estimate_seconds(history, shape[0] * shape[1] * shape[2], segmenters)
    return seconds, estimate_bytes(shape, len(volumes), segmenters)


def keep(result, seconds, cpuSeconds=0.0):
    """Keep how long the run took and how busy it was, for the next estimate."""
    from SynthTrustLib.runner.process.estimate import Measured, remember

    volume = result.nodes.reference_volume
    if volume is None or volume.GetImageData() is None:
        return
    i, j, k = volume.GetImageData().GetDimensions()
    run = Measured(i * j * k, len(result.scorecard.segmenters), seconds, cpuSeconds)
    settings = qt.QSettings()
    settings.setValue(HISTORY_SETTING, remember(str(settings.value(HISTORY_SETTING) or ""), run))
