"""Runs in a child process, one at a time, and their results."""

import logging
import shutil
import tempfile
import time
import traceback
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from .estimating import estimate, keep
from .files import temporaryFolder
from .following import Following
from .inputs import Inputs
from .request import makeRequest
from .slices import Slices
from .takingIn import makingNodes


class Runs:
    """The part of the logic that starts and ends them."""

    estimate = staticmethod(estimate)

    def __init__(self):
        self._child = None
        self._following = None  # what looks at the child
        self._inputs = None  # the folder with the child's inputs
        self._takingIn = None  # the slices that make a finished run's nodes, and the folder that they read
        self.lastLog = ""

    def isRunning(self):
        """Whether a run is under way."""
        return self._child is not None or self._takingIn is not None

    def isMakingNodes(self):
        """Whether nodes that come right now are those of a finished run; `onEnd` follows when all are there."""
        return self._takingIn is not None and self._takingIn[0].isWorking()

    def start(
        self,
        volumes,
        segmenters,
        *,
        onProgress=lambda event: None,
        onEnd=lambda result, error: None,
        **options,
    ):
        """Start a run in a child process and return at once.

        `volumes`, `segmenters` and `**options`: as of SynthTrustPanel.inputs.Inputs. `onProgress`: receives
        SynthTrustLib.runner.process.events.Progressed on the main thread. `onEnd`: receives the StoredResult and None,
        or None and the error, on the main thread. ConcernsError says what a person must accept before anything runs.
        """
        from SynthTrustLib.errors import Cancelled
        from SynthTrustLib.runner.process.events import Finished, Progressed
        from SynthTrustLib.runner.process.launch import Child

        if self.isRunning():
            raise RuntimeError(_("A run is under way."))
        folder = Path(tempfile.mkdtemp(prefix="ST", dir=slicer.app.temporaryPath))
        nodeIDs = {contrast: node.GetID() for contrast, node in volumes.items()}
        busy = []

        def onEvent(event):
            if isinstance(event, Progressed):
                onProgress(event)
            elif isinstance(event, Finished):
                busy.append(event.cpu_seconds)

        def ended(resultFolder, error):
            child, self._child = self._child, None
            self.lastLog = child.log()
            if resultFolder is None:
                shutil.rmtree(folder, ignore_errors=True)
                tell(None, error)
                return
            seconds = time.monotonic() - started

            def takenIn(result, problem):
                self._takingIn = None
                shutil.rmtree(folder, ignore_errors=True)
                if problem is not None:
                    logging.error("SynthTrust: the result cannot be shown", exc_info=problem)
                    self.log("".join(traceback.format_exception(problem)))
                else:
                    keep(result, seconds, *busy)
                tell(result, problem)

            def onMade(done):
                onProgress(
                    Progressed(_("Showing the result, {percent} %").format(percent=round(100 * done)), done, 1.0)
                )

            slices = Slices(makingNodes(self, resultFolder, request, nodeIDs), takenIn, onMade)
            self._takingIn = (slices, folder, lambda: tell(None, Cancelled()))

        def tell(result, error):
            if error is not None:
                self.log(str(error), getattr(error, "details", ""))
            onEnd(result, error)

        try:
            request = makeRequest(folder, Inputs(volumes, segmenters, **options))
            started = time.monotonic()
            self._child = Child(request, onEvent)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._following = Following(self._child, ended)
        self._inputs = folder

    def cancel(self):
        """Ask the run to stop; `onEnd` follows with Cancelled."""
        if self._child is not None:
            self._child.cancel()
        elif self._takingIn is not None:
            self._stopTakingIn()()

    def abandonRun(self):
        """End a run at once, without a word: the scene, the module or the application is closing."""
        child, self._child = self._child, None
        if child is not None:
            self._following.stop()
            child.close()
            shutil.rmtree(self._inputs, ignore_errors=True)
        if self._takingIn is not None:
            self._stopTakingIn()

    def _stopTakingIn(self):
        """Take back what was made of a finished run; returns what tells that it was cancelled."""
        (slices, folder, tellCancelled), self._takingIn = self._takingIn, None
        made = slices.stop()
        if made is not None:
            self.delete(made)
        shutil.rmtree(folder, ignore_errors=True)
        return tellCancelled

    def assess(self, volumes, segmenters="all", progress=None, **options):
        """Run and wait; for the Python console and for batch use. Returns the StoredResult; its nodes are in the scene.

        `volumes`: contrast ("T1", "T1c", "T2", "FLAIR") -> vtkMRMLScalarVolumeNode. `progress`: called with a stage in
        words and the fraction of the whole run that is done. `segmenters` and `options`: as of
        SynthTrustPanel.inputs.Inputs.

        Raises SynthTrustLib.errors.ConcernsError where only a person can tell whether the input is right: its
        `concerns` say why, and have the keys to accept. Raises SynthTrustError where an input, a segmenter or the
        output cannot be used. KeyboardInterrupt cancels the run.
        """
        from SynthTrustLib.progress import finish
        from SynthTrustLib.runner.process.events import Finished, Progressed
        from SynthTrustLib.runner.process.launch import run
        from SynthTrustLib.scene.views.slices import show_outlines

        def onEvent(event):
            if progress is not None and isinstance(event, Progressed):
                progress(event.stage, event.overall)
            elif isinstance(event, Finished):
                busy.append(event.cpu_seconds)

        busy = []
        volumes = {str(contrast): node for contrast, node in volumes.items()}
        with temporaryFolder() as folder:
            request = makeRequest(Path(folder), Inputs(volumes, segmenters, **options))
            started = time.monotonic()
            resultFolder = run(request, onEvent)
            nodeIDs = {contrast: node.GetID() for contrast, node in volumes.items()}
            seconds = time.monotonic() - started
            with slicer.util.RenderBlocker():
                result = finish(makingNodes(self, resultFolder, request, nodeIDs))
                show_outlines(result.nodes)
            keep(result, seconds, *busy)
            return result

    def log(self, *texts):
        """Add to the log of the run."""
        self.lastLog = "\n".join(text.strip() for text in (self.lastLog, *texts) if text.strip())
