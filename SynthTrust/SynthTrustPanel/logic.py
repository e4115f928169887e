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
import vtk
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from . import choices
from .following import Following
from .inputs import Inputs
from .parameters import Layout, Overlay, SynthTrustParameterNode
from .slices import Slices

HISTORY_SETTING = "SynthTrust/Runs"
REPORT_NAME = "SynthTrust-report.html"
LOG_NAME = "SynthTrust-run.log"
ENGINES = ("openvino", "onnxruntime")
REPORT_PACKAGES = (  # what pip is given, name, megabytes of the download with what it needs itself
    ("jinja2>=3.1", "Jinja2", 1),
    ("matplotlib>=3.9", "Matplotlib", 25),
)
SET_UP_TURNS, SET_UP_MS = 5, 50
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
AS_OUTLINE = "DrawnAsOutline"
DICOM_PACKAGE = ("highdicom>=0.27", "highdicom", 5)


def _reference(volumes, task=None):
    """Whose grid a patient's results take: of these volume nodes (by contrast) the best of the task, or None."""
    from SynthTrustLib.task.glioma import GLIOMA

    return volumes.get((task or GLIOMA).best_reference(volumes))


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

    No method opens a dialog; what goes wrong is raised as SynthTrustLib.errors.SynthTrustError.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
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

    def shownSeries(self):
        """The patients' series that the views of the layout show."""
        from SynthTrustLib.scene.views.slices import shown_volumes

        if slicer.app.layoutManager() is None:
            return []
        return [node for node in shown_volumes(slicer.mrmlScene) if self.isSeries(node)]

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

        reference = _reference(volumes, task)
        if reference is None or reference.GetImageData() is None:
            return None, 0
        shape = reference.GetImageData().GetDimensions()
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
        grid = _reference(volumes, task)
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

    def writeLog(self):
        """Write the log of the last run into a temporary file; returns its path."""
        path = self._temporaryFile(LOG_NAME)
        path.write_text(self.lastLog + "\n", encoding="utf-8")
        return path

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

    def delete(self, result):
        """Remove a result and its nodes from the scene; the patient's own volumes stay."""
        from SynthTrustLib.scene.result.assessment import remove_assessment

        self.forget()
        remove_assessment(result.nodes)

    def forget(self):
        """Let go of what was read from results, and of their nodes: they are deleted, or their scene is closed."""
        self._results = {}
        self._editedOutlines = self._yourOutline = None

    def show(self, result, parameterNode, arrange=True):
        """Bring the views in line with the parameters; without `arrange`, as the user has arranged them."""
        from SynthTrustLib.scene.views import look
        from SynthTrustLib.scene.views.layout import is_page

        manager = slicer.app.layoutManager()
        if manager is None:
            return
        layout = manager.layout
        region = choices.chosen(parameterNode.region, result.regions)
        wanted = look.Look(
            overlay=parameterNode.overlay.value,
            region=region,
            background=choices.image(parameterNode.background, result.task, result.contrasts, region),
            arrangement=look.Arrangement(parameterNode.layout.value),
            page=min(parameterNode.page, self.pages(result) - 1),
            opacity=parameterNode.opacity,
            threshold=parameterNode.threshold,
            legend=parameterNode.legend,
            margin=parameterNode.margin,
        )
        others = [other for other in self.assessments() if other.id != result.id]
        with slicer.util.RenderBlocker():
            look.show(result, wanted, manager.layoutLogic().GetLayoutNode(), others, arrange=arrange)
        if manager.layout != layout and is_page(manager.layout):
            titles = look.page_view_titles(result, wanted.page)
            qt.QTimer.singleShot(0, lambda: self._setUpPage(titles, fit=not is_page(layout)))

    def hide(self, results):
        """Take everything of these results off the views."""
        from SynthTrustLib.scene.views import look

        with slicer.util.RenderBlocker():
            for result in results:
                look.hide(result)

    def arrangement(self):
        """The number of Slicer's present layout; None without a main window."""
        manager = slicer.app.layoutManager()
        return manager.layout if manager is not None else None

    def showSeries(self, volumes, task=None):
        """Show a patient's series (contrast -> volume node) in the views, the whole head."""
        from SynthTrustLib.scene.views import slices as views

        reference = _reference(volumes, task)
        if reference is None or slicer.app.layoutManager() is None:
            return
        with slicer.util.RenderBlocker():
            views.show_volume(slicer.mrmlScene, reference)
            slicer.util.resetSliceViews()

    def showAsOutline(self, segmentation):
        """Draw a segmentation as a line, once; how the user draws it later stays."""
        display = segmentation.GetDisplayNode()
        if display is not None and not display.GetAttribute(AS_OUTLINE):
            display.SetAttribute(AS_OUTLINE, "1")
            display.SetVisibility2DFill(False)
            display.SetVisibility2DOutline(True)
            display.SetVisibility3D(False)

    def restoreViews(self):
        """Show the result of a scene that was saved side by side, or the usual views where there is none.

        A scene's file and Slicer's settings have the number of the layout only. Slicer would show no view at all where
        nobody has used that layout since it was started.
        """
        manager = slicer.app.layoutManager()
        layout = manager.layoutLogic().GetLayoutNode() if manager is not None else None
        if layout is None or layout.IsLayoutDescription(layout.GetViewArrangement()):
            return
        from SynthTrustLib.scene.views.layout import is_page

        if not is_page(layout.GetViewArrangement()):
            return
        parameterNode = self.getParameterNode()
        result = self.assessment(parameterNode.assessment)
        if result is not None:
            self.show(result, parameterNode)
        else:
            layout.SetViewArrangement(layout.SlicerLayoutFourUpView)

    def _setUpPage(self, titles, fit, before=None, turns=SET_UP_TURNS):
        """Title the side-by-side views; show the whole head in them, on the slice that the axial view is on.

        Slicer sets new views up after it has made them, some turns of the event loop later: it is done again whenever
        their sizes have changed. Other views stay as they are.
        """
        from SynthTrustLib.scene.views import slices as views
        from SynthTrustLib.scene.views.layout import is_page

        manager = slicer.app.layoutManager()
        if not is_page(manager.layout):
            return
        widgets = {tag: manager.sliceWidget(tag) for tag in titles if tag in manager.sliceViewNames()}
        widgets = {tag: widget for tag, widget in widgets.items() if widget is not None}
        sizes = [tuple(widget.mrmlSliceNode().GetDimensions()) for widget in widgets.values()]
        if sizes != before:
            for tag, widget in widgets.items():
                views.show_title(widget.sliceView().renderWindow(), *titles[tag])
                if fit:
                    widget.fitSliceToBackground()
            views.show_legends(slicer.mrmlScene, widgets)
            red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed")
            if fit and red is not None:
                views.show_slices_at(slicer.mrmlScene, views.center_of(red), widgets)
        if turns:
            qt.QTimer.singleShot(SET_UP_MS, lambda: self._setUpPage(titles, fit, sizes, turns - 1))

    def center(self, result):
        """Show the whole head in every view, on the slices through the first review spot."""
        from SynthTrustLib.scene.views import slices as views

        manager = slicer.app.layoutManager()
        if manager is None:
            return
        slicer.util.resetSliceViews()
        if result.nodes.reference_volume is None:
            return
        views.show_slices_at(slicer.mrmlScene, views.point_of_interest(result.nodes))
        if manager.threeDViewCount > 0:
            view = manager.threeDWidget(0).threeDView()
            view.resetFocalPoint()
            view.resetCamera()

    def jump(self, result, spot):
        """Move every view to a review spot."""
        from SynthTrustLib.scene.nodes.spots import label_spots
        from SynthTrustLib.scene.views import slices as views

        spots = result.scorecard.review_spots
        with slicer.util.RenderBlocker():
            label_spots(result.nodes.review_spots, spots, spots.index(spot))
            views.jump_to(slicer.mrmlScene, self._worldPosition(result, spot.ras))

    def _worldPosition(self, result, ras):
        """A position of the scorecard in the world: the result moves with its reference volume's transform."""
        volume = result.nodes.reference_volume
        parent = volume.GetParentTransformNode() if volume is not None else None
        if parent is None:
            return ras
        transform = vtk.vtkGeneralTransform()
        parent.GetTransformToWorld(transform)
        return transform.TransformPoint(ras)

    def pages(self, result):
        """How many pages the side-by-side layout has."""
        from SynthTrustLib.scene.views.layout import page_count

        return page_count(result.segmenters)

    def showPlot(self, result):
        """Show the dose-response chart in the present layout."""
        slicer.modules.plots.logic().ShowChartInLayout(result.nodes.chart)

    # Edited outlines, the reviewer, files ------------------------------------------------------------------------

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

    def hidePreviews(self):
        """Take what a choice at a spot would draw off the views."""
        from SynthTrustLib.scene.nodes.preview import remove_previews

        remove_previews(slicer.mrmlScene)

    def paintAtSpot(self, result, spot, reviewer):
        """Switch to the Segment Editor with the reviewer's outline, a brush, and no room outside the neighbourhood."""
        slicer.util.selectModule("SegmentEditor")  # first: where there is none, nothing was painted
        yours = self.yourOutline(result)
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

    def dicomFiles(self, result):
        """The files of the DICOM series that a result lies on; none where it came from elsewhere or was moved."""
        volume = result.nodes.reference_volume
        if volume is None or volume.GetParentTransformNode() is not None:
            return []
        return self._filesOf(volume)

    def dicomFilesOfInputs(self, result):
        """The files of all DICOM series that a result was made of, as far as the database has them."""
        return [path for volume in result.inputs.values() for path in self._filesOf(volume)]

    def _filesOf(self, volume):
        """The files that a volume was loaded from; none where one of them is unknown."""
        database = getattr(slicer, "dicomDatabase", None)
        if database is None:
            return []
        files = [database.fileForInstance(uid) for uid in (volume.GetAttribute("DICOM.instanceUIDs") or "").split()]
        return [Path(file) for file in files] if all(files) else []

    def addToDicomDatabase(self, folder):
        """Put copies of the DICOM files in `folder` into Slicer's DICOM database; False if that cannot be done."""
        database = getattr(slicer, "dicomDatabase", None)
        if database is None or not database.isOpen:
            return False
        from DICOMLib import DICOMUtils

        return DICOMUtils.importDicom(str(folder), database, True)

    def export(self, result, folder, **options):
        """Write a result as files into a new folder inside `folder`; returns their paths. Options as of `exporting`."""
        from SynthTrustLib.progress import finish

        return finish(self.exporting(result, folder, **options))

    def exporting(self, result, folder, *, dicom=False, **parts):
        """Steps that `export`, file by file (SynthTrustLib.progress.Steps).

        `report`, `scorecard`, `tables` and `segmentations` are written unless they are False. With `dicom` the outlines
        are written as DICOM SEG too, the figures as SR, where `dicomFiles` has some: these name the patient.
        """
        from SynthTrustLib.runner.files.export import exporting

        source, others = (self.dicomFiles(result), self.dicomFilesOfInputs(result)) if dicom else ((), ())
        return exporting(result, Path(folder), dicom_source=source, dicom_others=others, **parts)

    def writeReport(self, result):
        """Write the report, with the verdict in it, into a temporary file; returns its path."""
        from SynthTrustLib.runner.files.export import report_with_verdicts

        path = self._temporaryFile(REPORT_NAME)
        path.write_text(report_with_verdicts(result), encoding="utf-8")
        return path

    def removeTemporaryFiles(self):
        """Remove the report and the log that were written to be looked at: they name the case and the reviewer."""
        for name in (REPORT_NAME, LOG_NAME):
            with contextlib.suppress(OSError):  # Windows keeps a file that a viewer has open
                self._temporaryFile(name).unlink(missing_ok=True)

    def _temporaryFile(self, name):
        return Path(slicer.app.temporaryPath) / name
