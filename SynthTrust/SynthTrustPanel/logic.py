"""Everything that the panel does, without the panel."""

import contextlib
import importlib.util
import logging
import shutil
import tempfile
import time
import traceback
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from .editing import Editing
from .files import Files
from .following import Following
from .inputs import Inputs, gridVolume
from .parameters import Layout, Overlay, SynthTrustParameterNode
from .slices import Slices
from .views import Views

HISTORY_SETTING = "SynthTrust/Runs"
ENGINES = ("openvino", "onnxruntime")
REPORT_PACKAGES = (  # what pip is given, name, megabytes of the download with what it needs itself
    ("jinja2>=3.1", "Jinja2", 1),
    ("matplotlib>=3.9", "Matplotlib", 25),
)
NEEDED_BY_RESULTS = (
    "SynthTrustLib.scene.build",
    "SynthTrustLib.scene.nodes.surface",
    "SynthTrustLib.scene.result.edited_outlines",
    "SynthTrustLib.scene.result.your_outline",
    "SynthTrustLib.scene.views.look",
    "scipy.spatial",
)
"""What making and showing a result, and the first click at a spot, would wait for on the main thread."""
COMPARED_WITH = "ComparedWith"
"""Attribute of a segmentation node: ids of the series of the patient in whose comparison it joins."""
DICOM_PACKAGE = ("highdicom>=0.27", "highdicom", 5)


def _taskOf(segmenters, folders):
    """What these segmenters outline, on which images; glioma where they cannot be had, and the run says why."""
    from SynthTrustLib.errors import SegmenterError
    from SynthTrustLib.segmenters.package.registry import find_packages, select, task_of
    from SynthTrustLib.task.glioma import GLIOMA

    try:
        return task_of(select(find_packages(folders, verify=False), segmenters))
    except SegmenterError:
        return GLIOMA


def temporaryFolder():
    """A folder that is removed after the block."""
    return tempfile.TemporaryDirectory(prefix="ST", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True)


class SynthTrustLogic(ScriptedLoadableModuleLogic):
    """What the panel does, for Slicer's Python console and for batch use too.

    Example: assess every patient that is loaded, and write what was found::

        import SynthTrust
        logic = SynthTrust.SynthTrustLogic()
        for patient in logic.patients():
            volumes = {contrast: found.node for contrast, found in patient.contrasts.items()}
            result = logic.assess(volumes, "ladder", progress=lambda stage, fraction: print(f"{fraction:.0%} {stage}"))
            for row in result.scorecard.rows:
                print(row.label, row.value, row.unit, row.evidence, row.reason)
            logic.export(result, "/path/of/a/folder")

    `volumes` may be named by hand, too: ``{"FLAIR": node, "T1c": node}``.

    What is shown is in `views`, what is drawn by hand in `editing`, what is written in `files`.

    No method opens a dialog; what goes wrong is raised as SynthTrustLib.errors.SynthTrustError.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self.views = Views(self)
        self.editing = Editing(self)
        self.files = Files(self)
        self._child = None
        self._following = None  # what looks at the child
        self._inputs = None  # the folder with the child's inputs
        self._takingIn = None  # the slices that make a finished run's nodes, and the folder that they read
        self._results = {}  # run id -> (text node's modification time, its text, scorecard)
        self._found = None  # what `assessments` returns while the scene stays as it is
        self._editedOutlines = None
        self._yourOutline = None
        self.lastLog = ""

    def getParameterNode(self, known=None):
        """The scene's parameter node in its wrapper; `known` itself where that is one of it.

        A wrapper observes its node for good, so that none is made without need.
        """
        node = super().getParameterNode()
        if known is not None and known.parameterNode is node:
            return known
        with slicer.util.NodeModify(node):
            for name, kind in (("overlay", Overlay), ("layout", Layout)):
                # From a scene of another version, which Slicer would make no wrapper of.
                if node.HasParameter(name) and node.GetParameter(name) not in kind.__members__:
                    node.UnsetParameter(name)
        return SynthTrustParameterNode(node)

    # The patient -------------------------------------------------------------------------------------------------

    def patients(self):
        """The loaded patients (SynthTrustLib.scene.patient.patients.Patient), the last one loaded first."""
        from SynthTrustLib.scene.patient.patients import find_patients

        return find_patients(slicer.mrmlScene, self._dicomDescription)

    def isSeries(self, node):
        """Whether a node can be a series of a patient: no label map, and nothing that a run has made."""
        from SynthTrustLib.scene.patient.nodes import is_series

        return is_series(node)

    def whoseSeries(self):
        """Node id -> what says whose series it is, of every loaded series; where it changes, `patients` may, too."""
        from SynthTrustLib.scene.patient.patients import whose_series

        return whose_series(slicer.mrmlScene)

    def recognizeVolumes(self):
        """Contrast -> the volume that it was taken for and why, of the patient that was loaded last."""
        patients = self.patients()
        return dict(patients[0].contrasts) if patients else {}

    def _dicomDescription(self, node):
        """Words of the DICOM series that a volume came from; nothing about the patient is read."""
        database = getattr(slicer, "dicomDatabase", None)
        uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
        if database is None or not uids:
            return ""
        description = database.instanceValue(uids[0], "0008,103E")
        protocol = database.instanceValue(uids[0], "0018,1030")
        agent = "contrast" if database.instanceValue(uids[0], "0018,0010") else ""
        return f"{description} {protocol} {agent}".strip()

    def preflight(self, volumes, cards=(), loaded=None, task=None):
        """Contrast -> what is found about the chosen volume before anything runs.

        `loaded` is what the patient has for each contrast, chosen or not.
        """
        from SynthTrustLib.scene.patient.nodes import preflight

        required = {}
        for card in cards:
            for contrast in card.required_contrasts:
                required[contrast] = (*required.get(contrast, ()), card.name)
        return preflight(volumes, required, loaded, *([task] if task else []))

    def voxelSize(self, text):
        """The true voxel size (i, j, k) in mm that a user has typed, None for an empty text; ValueError otherwise."""
        words = text.lower().replace("\u00d7", " ").replace("mm", " ").replace("x", " ").replace(";", " ").split()
        if not words:
            return None
        try:
            sizes = tuple(float(word.replace(",", ".")) for word in words)
        except ValueError:
            sizes = ()
        if len(sizes) != 3 or not all(0.1 <= size <= 20 for size in sizes):
            raise ValueError(_("Write the voxel size as three numbers from 0.1 to 20 mm, e.g. 0.5 x 0.5 x 5."))
        return sizes

    def loadSamplePatient(self):
        """Load the synthetic sample patient that ships with SynthTrust; returns contrast -> volume node."""
        from SynthTrustLib.case.recognize.files import recognize_folder
        from SynthTrustLib.resources import resource_path
        from SynthTrustLib.scene.patient.nodes import SYNTHETIC

        recognition = recognize_folder(resource_path("SamplePatient"))
        loaded = {}
        for contrast, hit in recognition.contrasts.items():
            loaded[contrast] = slicer.util.loadVolume(
                str(hit.path), properties={"name": f"Synthetic patient {contrast}", "show": False}
            )
            loaded[contrast].SetAttribute(SYNTHETIC, "1")
        return loaded

    # Segmenters --------------------------------------------------------------------------------------------------

    def findSegmenters(self, folder="", verify=True):
        """The installed segmenter packages, and those in one more folder; `damaged` of the list cannot be used.

        Without `verify` only their cards are read, which is quick; `checkingSegmenters` does the rest.
        """
        from SynthTrustLib.segmenters.package.registry import find_packages

        return find_packages([Path(folder)] if folder else [], verify=verify)

    def checkingSegmenters(self, packages):
        """Steps that check packages whose cards were read, file by file; their result is the list anew."""
        from SynthTrustLib.segmenters.package.registry import checking

        return checking(packages)

    def presets(self, packages):
        """Name -> cards of the preset's members."""
        from SynthTrustLib.segmenters.package.registry import presets

        return {name: [package.card for package in members] for name, members in presets(packages).items() if members}

    # Outlines made elsewhere -------------------------------------------------------------------------------------

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
        chosenFor = (node.GetAttribute(COMPARED_WITH) or "").split()
        return "" if ids and chosenFor and ids.isdisjoint(chosenFor) else node.GetAttribute(COMPARED) or ""

    def compareOutline(self, node, convention, volumes=()):
        """Let a segmentation join the comparison ("auto", "brats", "binary", "WT=1+2,TC=1"), or not (empty).

        With `volumes` it joins that of the patient who has them, and no other's.
        """
        from SynthTrustLib.scene.patient.given_outline import COMPARED

        with slicer.util.NodeModify(node):
            node.SetAttribute(COMPARED, convention or None)
            node.SetAttribute(COMPARED_WITH, " ".join(volume.GetID() for volume in volumes) or None)

    # Runs --------------------------------------------------------------------------------------------------------

    def estimate(self, volumes, segmenters, task=None):
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

    def missingPackages(self, engine=True):
        """What a run needs and Slicer does not bring: segmenters.engines.engine.Requirement, with its size.

        Outlines made elsewhere alone need no `engine`.
        """
        from SynthTrustLib.segmenters.engines.engine import Requirement, cpu_requirement

        def isMissing(name):
            return importlib.util.find_spec(name) is None

        missing = [Requirement(*package) for package in REPORT_PACKAGES if isMissing(package[0].split(">")[0])]
        if engine and all(map(isMissing, ENGINES)):
            missing.insert(0, cpu_requirement())
        return missing

    def missingDicomPackages(self):
        """What writing DICOM SEG needs and this Slicer does not bring, as `missingPackages` names it."""
        from SynthTrustLib.segmenters.engines.engine import Requirement

        return [] if importlib.util.find_spec("highdicom") else [Requirement(*DICOM_PACKAGE)]

    def installPackages(self, packages):
        """Install what `missingPackages` has named, without asking again; does nothing in testing mode.

        Raises subprocess.CalledProcessError if it cannot be installed, e.g. because there is no internet.
        """
        import slicer.packaging

        slicer.packaging.pip_ensure([p.pip for p in packages], prompt_install=False, requester="SynthTrust")

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
                    self._log("".join(traceback.format_exception(problem)))
                else:
                    self._remember(result, seconds, *busy)
                tell(result, problem)

            def onMade(done):
                onProgress(
                    Progressed(_("Showing the result, {percent} %").format(percent=round(100 * done)), done, 1.0)
                )

            slices = Slices(self._makeNodes(resultFolder, request, nodeIDs), takenIn, onMade)
            self._takingIn = (slices, folder, lambda: tell(None, Cancelled()))

        def tell(result, error):
            if error is not None:
                self._log(str(error), getattr(error, "details", ""))
            onEnd(result, error)

        try:
            request = self._request(folder, Inputs(volumes, segmenters, **options))
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

        Parameters
        ----------
        volumes : mapping
            Contrast ("T1", "T1c", "T2", "FLAIR") -> vtkMRMLScalarVolumeNode.
        progress : callable, optional
            Called with a stage in words and the fraction of the whole run that is done.
        segmenters, **options
            As of SynthTrustPanel.inputs.Inputs.

        Raises
        ------
        SynthTrustLib.errors.ConcernsError
            Only a person can tell whether the input is right. Its `concerns` say why, and have the keys to accept.
        SynthTrustLib.errors.SynthTrustError
            An input, a segmenter or the output cannot be used; KeyboardInterrupt cancels the run.
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
            request = self._request(Path(folder), Inputs(volumes, segmenters, **options))
            started = time.monotonic()
            resultFolder = run(request, onEvent)
            nodeIDs = {contrast: node.GetID() for contrast, node in volumes.items()}
            seconds = time.monotonic() - started
            with slicer.util.RenderBlocker():
                result = finish(self._makeNodes(resultFolder, request, nodeIDs))
                show_outlines(result.nodes)
            self._remember(result, seconds, *busy)
            return result

    def _request(self, folder, inputs):
        """Write the inputs into `folder` and say what is to be done with them."""
        from SynthTrustLib.case.outline.outside_file import OutsideFile
        from SynthTrustLib.runner.process.request import NO_SEGMENTERS, AssessRequest
        from SynthTrustLib.scene.patient.given_outline import remarks_on, write_outline, write_reference
        from SynthTrustLib.scene.patient.nodes import is_synthetic, shared_frame, write_volume
        from SynthTrustLib.scene.patient.patients import unused_volumes

        volumes, segmenters, reference = inputs.volumes, inputs.segmenters, inputs.reference
        if not isinstance(segmenters, str):
            segmenters = ",".join(segmenters) or NO_SEGMENTERS
        folders = (Path(inputs.segmenterFolder),) if inputs.segmenterFolder else ()
        task = inputs.task or _taskOf(segmenters, folders)
        world = not shared_frame(volumes.values())
        paths = {}
        for contrast, node in volumes.items():
            paths[contrast] = folder / f"{contrast}.nrrd"
            write_volume(node, paths[contrast], world=world)
        grid = gridVolume(volumes, task)
        members = []
        for number, (node, stated) in enumerate((inputs.outlines or {}).items(), start=1):
            path = folder / f"outline-{number}.nrrd"
            convention = write_outline(node, grid, path, convention=stated, world=world, task=task)
            members.append(OutsideFile(node.GetName(), path, convention, remarks_on(node, stated, task)))
        known = {}
        if reference is not None:
            mask = folder / "reference.nrrd"
            convention = write_reference(reference, grid, mask, world=world, task=task)
            known = {
                "reference": mask,
                "reference_convention": convention,
                "reference_remarks": remarks_on(reference, task=task),
            }
        return AssessRequest(
            out=folder / "result",
            contrasts=paths,
            segmenters=segmenters,
            record=inputs.record or None,
            members=tuple(members),
            extra_segmenter_folders=folders,
            label=inputs.label.strip() or None,
            spacing_mm=self.voxelSize(inputs.voxelSize),
            synthetic=is_synthetic(volumes.values()),
            write_scene=False,
            **known,
            accepted=tuple(inputs.accepted),
            unused=tuple(unused_volumes(slicer.mrmlScene, volumes.values(), self._dicomDescription)),
        )

    def _makeNodes(self, folder, request, nodeIDs):
        """Steps that make the nodes of a finished run; their result is the StoredResult."""
        from SynthTrustLib.progress import in_background, part

        def load(progress):
            from SynthTrustLib.case.load import load_case

            return load_case(
                request.contrasts,
                label=request.label,
                spacing_mm=request.spacing_mm,
                synthetic=request.synthetic,
                progress=progress,
                task=outcome.scorecard.task,
            )

        def read(progress):
            for module in NEEDED_BY_RESULTS:
                importlib.import_module(module)
            from SynthTrustLib.runner.files.results import read_outcome, read_text

            texts = [read_text(folder, name) for name in ("report.html", "run.log")]
            return read_outcome(folder, progress), *texts

        outcome, report, log = yield from part(in_background(read), 0.0, 0.3)
        from SynthTrustLib.scene.patient.nodes import case_of_nodes

        found = {contrast: slicer.mrmlScene.GetNodeByID(nodeID) for contrast, nodeID in nodeIDs.items()}
        volumes = {contrast: node for contrast, node in found.items() if node is not None}
        case = None
        if len(volumes) == len(nodeIDs):
            card = outcome.scorecard
            case = case_of_nodes(volumes, outcome.geometry, is_synthetic=card.is_synthetic_patient, task=card.task)
        if case is None:
            volumes = {}
            case = yield from part(in_background(load), 0.3, 0.3)
        result = yield from part(self.buildingResult(case, outcome, volumes, found, report), 0.3, 1.0)
        self._log(log)
        return result

    def buildingResult(self, case, outcome, volumes, inputs, report):
        """Steps that put a result into the scene, on `volumes` where they fit; their result is the StoredResult."""
        from SynthTrustLib.progress import part
        from SynthTrustLib.scene.build import building
        from SynthTrustLib.scene.nodes.surface import surfaces
        from SynthTrustLib.scene.result.assessment import remove_run
        from SynthTrustLib.scene.result.stored import StoredResult

        made = building(slicer.mrmlScene, case, outcome, existing_volumes=volumes)
        nodes = yield from part(made, 0.0, 0.86)
        self._know(nodes, outcome.scorecard)
        try:
            yield from part(surfaces(nodes.record), 0.86, 1.0)
            result = StoredResult(nodes)
            result.keep_inputs(inputs)
            result.keep_report(report)
            result.scorecard = outcome.scorecard
        except BaseException:  # GeneratorExit, too: it was stopped
            remove_run(slicer.mrmlScene, nodes.run)
            raise
        return result

    def _log(self, *texts):
        """Add to the log of the run."""
        self.lastLog = "\n".join(text.strip() for text in (self.lastLog, *texts) if text.strip())

    def _remember(self, result, seconds, cpuSeconds=0.0):
        """Keep how long the run took and how busy it was, for the next estimate."""
        from SynthTrustLib.runner.process.estimate import Measured, remember

        volume = result.nodes.reference_volume
        if volume is None or volume.GetImageData() is None:
            return
        i, j, k = volume.GetImageData().GetDimensions()
        run = Measured(i * j * k, len(result.scorecard.segmenters), seconds, cpuSeconds)
        settings = qt.QSettings()
        settings.setValue(HISTORY_SETTING, remember(str(settings.value(HISTORY_SETTING) or ""), run))

    # Results -----------------------------------------------------------------------------------------------------

    def assessments(self):
        """The results in the scene, the newest first."""
        return self._findAssessments() if self._found is None else self._found

    @contextlib.contextmanager
    def sceneStays(self):
        """Within it no result comes, goes or is renamed, so that the scene is searched for them once."""
        before = self._found
        if before is None:
            self._found = self._findAssessments()
        try:
            yield
        finally:
            self._found = before

    def _findAssessments(self):
        from SynthTrustLib.scene.result.stored import stored_results

        found = []
        known = {}
        for result in stored_results(slicer.mrmlScene):
            time_ = result.nodes.scorecard.GetMTime()
            before = self._results.get(result.id)
            if before is None or before[0] != time_:
                text = result.nodes.scorecard.GetText()  # the decisions and verdicts beside it change more often
                card = before[2] if before is not None and before[1] == text else self._read(result)
                before = (time_, text, card)
            known[result.id] = before
            if before[2] is not None:
                result.scorecard = before[2]
                found.append(result)
        self._results = known
        return found

    def _know(self, nodes, scorecard):
        """Remember the scorecard of a result that was just made, or the main thread would read it anew."""
        text = nodes.scorecard
        self._results[nodes.run] = (text.GetMTime(), text.GetText(), scorecard)

    def _read(self, result):
        """The scorecard of a stored result; None, with a word in the log, where it is damaged or of a later version."""
        from SynthTrustLib.errors import SynthTrustError

        try:
            return result.scorecard
        except (SynthTrustError, ValueError) as error:
            logging.warning("SynthTrust: the result %s cannot be read: %s", result.id, error)
            return None

    def assessment(self, identifier):
        """The result of this id, or None."""
        return next((result for result in self.assessments() if result.id == identifier), None)

    def show(self, result, parameterNode):
        """Bring the views in line with the parameters."""
        self.views.show(result, parameterNode)

    def delete(self, result):
        """Remove a result and its nodes from the scene; the patient's own volumes stay."""
        from SynthTrustLib.scene.result.assessment import remove_assessment

        self.forget()
        remove_assessment(result.nodes)

    def forget(self):
        """Let go of what was read from results, and of their nodes: they are deleted, or their scene is closed."""
        self._results = {}
        self._editedOutlines = self._yourOutline = None

    # Edited outlines, the reviewer, export -----------------------------------------------------------------------

    def editedMeasures(self, result):
        """What the outlines that were edited measure now, a tuple of texts per outline and region."""
        from SynthTrustLib.scene.result.edited_outlines import EditedOutlines

        if self._editedOutlines is None:
            self._editedOutlines = EditedOutlines()
        return [measure.in_words() for measure in self._editedOutlines.measure(result)]

    def yourOutline(self, result):
        """The reviewer's own outline of a result (a YourOutline)."""
        from SynthTrustLib.scene.result.your_outline import YourOutline

        if self._yourOutline is None or self._yourOutline.result.id != result.id:
            self._yourOutline = YourOutline(result)
        self._yourOutline.result = result
        return self._yourOutline

    def export(self, result, folder, **options):
        """Write a result as files into a new folder inside `folder`; returns their paths.

        Options as of SynthTrustPanel.files.Files.exporting.
        """
        from SynthTrustLib.progress import finish

        return finish(self.files.exporting(result, folder, **options))
