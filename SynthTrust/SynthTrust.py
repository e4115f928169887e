"""SynthTrust in Slicer: the module, its parameters, its panel, its logic and its self-test.

Everything that does not need Qt is in SynthTrustLib; the panel's sections are in SynthTrustPanel.
"""

from __future__ import annotations

import enum
import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

_HERE = Path(__file__).resolve().parent
if not (_HERE / "SynthTrustLib").is_dir() and str(_HERE.parent) not in sys.path:
    # A source checkout: only this file's folder is on the path; the library and Resources are beside that folder.
    sys.path.insert(0, str(_HERE.parent))
RESOURCES = (_HERE if (_HERE / "Resources").is_dir() else _HERE.parent) / "Resources"

HISTORY_SETTING = "SynthTrust/Runs"
MIX_ENGINES = ("openvino>=2025.0", "onnxruntime>=1.20")
REPORT_REQUIREMENTS = ("jinja2>=3.1", "jsonschema>=4.21", "matplotlib>=3.9")
MEASURE_AGAIN_AFTER_MS = 400


class Overlay(enum.Enum):
    """What is drawn over the images."""

    CONTOURS = "contours"
    DISAGREEMENT = "disagreement"
    UNCERTAINTY = "uncertainty"
    MIX_INFLUENCE = "mix_influence"
    NONE = "none"

    def label(self):
        return {
            Overlay.CONTOURS: _("Outlines of all segmenters"),
            Overlay.DISAGREEMENT: _("Disagreement"),
            Overlay.UNCERTAINTY: _("Uncertainty"),
            Overlay.MIX_INFLUENCE: _("Mix influence"),
            Overlay.NONE: _("Nothing"),
        }[self]

    def isMap(self):
        return self in (Overlay.DISAGREEMENT, Overlay.UNCERTAINTY, Overlay.MIX_INFLUENCE)


class RegionChoice(enum.Enum):
    """The region that is looked at; values are those of SynthTrustLib.vocabulary.Region."""

    WT = "WT"
    TC = "TC"
    ET = "ET"

    def label(self):
        return {
            RegionChoice.WT: _("Whole tumor"),
            RegionChoice.TC: _("Tumor core"),
            RegionChoice.ET: _("Enhancing tumor"),
        }[self]


class Background(enum.Enum):
    """The series under the overlay; values are those of SynthTrustLib.vocabulary.Contrast."""

    FLAIR = "FLAIR"
    T1C = "T1c"
    T2 = "T2"
    T1 = "T1"

    def label(self):
        return self.value


class Layout(enum.Enum):
    """How the views are arranged."""

    PLANES = "planes"
    ONE = "one"
    SIDE_BY_SIDE = "side by side"
    THREE_D = "3D"

    def label(self):
        return {
            Layout.PLANES: _("Three planes and 3D"),
            Layout.ONE: _("One view"),
            Layout.SIDE_BY_SIDE: _("Segmenters side by side"),
            Layout.THREE_D: _("3D"),
        }[self]

    def isSideBySide(self):
        return self is Layout.SIDE_BY_SIDE


class SynthTrust(ScriptedLoadableModule):
    """The module as Slicer lists it."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "SynthTrust"
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["SynthTrust contributors"]
        parent.helpText = _(
            "How far can this tumor outline be trusted, given that the networks that drew it were trained on different "
            "mixes of real and synthetic scans? Choose the patient's series, run the segmenters, read the scorecard "
            "and review the places where they disagree. For research use only."
        )
        parent.acknowledgementText = _(
            "The question comes from Babu et al., Position Paper: Building Trust in Synthetic Data for Clinical AI "
            "(arXiv 2502.02076, 2025)."
        )
        icon = RESOURCES / "Icons" / "SynthTrust.png"
        if icon.is_file():
            parent.icon = qt.QIcon(str(icon))
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Add the sample patient to the Sample Data module."""
    from SynthTrustPanel.sampleData import register

    register(RESOURCES)


@parameterNodeWrapper
class SynthTrustParameterNode:
    """What the panel remembers with the scene."""

    t1Volume: slicer.vtkMRMLScalarVolumeNode
    t1cVolume: slicer.vtkMRMLScalarVolumeNode
    t2Volume: slicer.vtkMRMLScalarVolumeNode
    flairVolume: slicer.vtkMRMLScalarVolumeNode
    referenceSegmentation: slicer.vtkMRMLSegmentationNode
    caseLabel: str
    voxelSize: str
    segmenters: list[str]
    segmentersChosen: bool = False
    assessment: str
    compared: str
    overlay: Overlay = Overlay.CONTOURS
    region: RegionChoice = RegionChoice.WT
    background: Background = Background.FLAIR
    layout: Layout = Layout.PLANES
    page: int = 0
    opacity: Annotated[float, WithinRange(0, 1)] = 0.7
    threshold: Annotated[float, WithinRange(0, 1)] = 0.1
    legend: bool = True
    reviewer: str


class SynthTrustWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: holds its sections together and follows the scene."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.parameterNode = None
        self._guiTag = None
        self._updating = False
        self._recognizeNext = False

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        from SynthTrustPanel.exportSection import ExportSection
        from SynthTrustPanel.lookSection import LookSection
        from SynthTrustPanel.patientSection import PatientSection
        from SynthTrustPanel.runSection import RunSection
        from SynthTrustPanel.scorecardSection import ScorecardSection
        from SynthTrustPanel.segmentersSection import SegmentersSection
        from SynthTrustPanel.verdictSection import VerdictSection

        uiWidget = slicer.util.loadUI(str(RESOURCES / "UI" / "SynthTrust.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)

        self.logic = SynthTrustLogic()
        self.patient = PatientSection(self.ui, self)
        self.segmenters = SegmentersSection(self.ui, self)
        self.run = RunSection(self.ui, self)
        self.scorecard = ScorecardSection(self.ui, self)
        self.look = LookSection(self.ui, self)
        self.verdict = VerdictSection(self.ui, self)
        self.export = ExportSection(self.ui, self)
        self._sections = (
            self.segmenters,
            self.patient,
            self.run,
            self.scorecard,
            self.look,
            self.verdict,
            self.export,
        )

        self._measureTimer = qt.QTimer()
        self._measureTimer.setSingleShot(True)
        self._measureTimer.interval = MEASURE_AGAIN_AFTER_MS
        self._measureTimer.timeout.connect(self.onMeasureAgain)
        self._updateTimer = qt.QTimer()
        self._updateTimer.setSingleShot(True)
        self._updateTimer.interval = 0
        self._updateTimer.timeout.connect(self.updateFromParameterNode)
        self._shortcuts = []
        for keys, function in (
            ("Ctrl+Shift+N", lambda: self.look.step(1)),
            ("Ctrl+Shift+B", lambda: self.look.step(-1)),
            ("Ctrl+Shift+O", self.look.cycleOverlay),
            ("Ctrl+Shift+R", self.onRunShortcut),
        ):
            shortcut = qt.QShortcut(qt.QKeySequence(keys), self._shortcutParent(uiWidget))
            shortcut.activated.connect(function)
            self._shortcuts.append(shortcut)

        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(scene, scene.NodeAddedEvent, self.onNodeAdded)
        self.addObserver(scene, scene.NodeRemovedEvent, self.onNodeRemoved)
        self.initializeParameterNode()

    def _shortcutParent(self, uiWidget):
        """The main window, so that the shortcuts work while a view has the focus; the panel where there is none."""
        window = slicer.util.mainWindow()
        return window if window is not None else uiWidget

    # Life of the widget ------------------------------------------------------------------------------------------

    def enter(self):
        for shortcut in self._shortcuts:
            shortcut.enabled = True
        self.initializeParameterNode()

    def exit(self):
        for shortcut in self._shortcuts:
            shortcut.enabled = False

    def cleanup(self):
        if self.logic is not None:
            self.logic.abandonRun()
        self._measureTimer.stop()
        self._updateTimer.stop()
        for shortcut in self._shortcuts:
            shortcut.enabled = False
            shortcut.deleteLater()
        self._shortcuts = []
        self.setParameterNode(None)
        self.removeObservers()

    def onReload(self):
        """Drop the library and the panel too: Slicer itself executes only this file again."""
        for name in list(sys.modules):
            if name.split(".")[0] in ("SynthTrustLib", "SynthTrustPanel"):
                del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, caller, event):
        self.logic.abandonRun()
        self._measureTimer.stop()
        self.setParameterNode(None)

    def onSceneEndClose(self, caller, event):
        self.initializeParameterNode()

    def onSceneEndImport(self, caller, event):
        self.initializeParameterNode()
        assessment = self.assessment()
        if assessment is not None:
            self.look.apply(force=True)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAdded(self, caller, event, node):
        if node.IsA("vtkMRMLScalarVolumeNode"):
            self._recognizeNext = True
        self._onNodesChanged(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeRemoved(self, caller, event, node):
        self._onNodesChanged(node)

    def _onNodesChanged(self, node):
        if node.IsA("vtkMRMLVolumeNode") or node.IsA("vtkMRMLSegmentationNode") or node.IsA("vtkMRMLTextNode"):
            self._updateTimer.start()

    # Parameters --------------------------------------------------------------------------------------------------

    def initializeParameterNode(self):
        """Take (or make) the scene's parameter node and fill in what can be guessed."""
        if slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        self.setParameterNode(self.logic.getParameterNode())
        self.patient.recognize()
        if self.logic.assessment(self.parameterNode.assessment) is None:
            assessments = self.logic.assessments()
            self.parameterNode.assessment = assessments[0].id if assessments else ""
        self.updateFromParameterNode()

    def setParameterNode(self, parameterNode):
        """Tie the panel to a parameter node, or to none."""
        if self.parameterNode is not None:
            self.parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(
                self.parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified
            )
        self.parameterNode = parameterNode
        if parameterNode is not None:
            self._guiTag = parameterNode.connectGui(self.ui)
            self.addObserver(parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParameterNodeModified)

    def onParameterNodeModified(self, caller, event):
        self._updateTimer.start()

    def updateFromParameterNode(self):
        """Bring every section in line with the parameter node and the scene."""
        if self.parameterNode is None or self._updating:
            return
        self._updating = True
        try:
            if self._recognizeNext:
                self._recognizeNext = False
                self.patient.recognize()
            for section in self._sections:
                section.update()
            self._watchOutlines()
        finally:
            self._updating = False

    def problem(self):
        """Why a run cannot start; empty when it can."""
        return self.patient.problem() or self.segmenters.problem()

    def assessment(self):
        """The shown result, or None."""
        return self.logic.assessment(self.parameterNode.assessment) if self.parameterNode is not None else None

    def comparedAssessment(self):
        """The result that is shown beside it, or None."""
        node = self.parameterNode
        if node is None or node.compared == node.assessment:
            return None
        return self.logic.assessment(node.compared)

    def regionChoice(self, region):
        """The panel's choice that stands for a region of the library."""
        return RegionChoice(str(region))

    # Runs --------------------------------------------------------------------------------------------------------

    def onRunShortcut(self):
        if self.ui.runButton.enabled:
            self.run.onRun()

    def startRun(self):
        """Ask for what is missing, then start the child process."""
        node = self.parameterNode
        self.logic.ensureRequirements()
        self.logic.start(
            self.patient.volumes(),
            self.segmenters.chosenIds(),
            reference=node.referenceSegmentation,
            label=node.caseLabel,
            voxelSize=node.voxelSize,
            segmenterFolder=self.ui.segmenterFolderPathLineEdit.currentPath,
            onProgress=self.run.onProgress,
            onEnd=self.onRunEnded,
        )
        self.run.onStarted()

    def onRunEnded(self, assessment, error):
        """A run has ended: show its result, or say in one sentence why there is none."""
        self.run.showError(error)
        if assessment is not None:
            self.showAssessment(assessment.id)
            self.ui.scorecardCollapsibleButton.collapsed = False
            self.ui.lookCollapsibleButton.collapsed = False
            self.ui.verdictCollapsibleButton.collapsed = False
            self.ui.exportCollapsibleButton.collapsed = False
            self.ui.patientCollapsibleButton.collapsed = True
            self.ui.segmentersCollapsibleButton.collapsed = True
        self.updateFromParameterNode()
        if assessment is not None:
            self.logic.center(assessment)

    def showAssessment(self, identifier):
        """Show this result, and hide the others' outlines."""
        assessment = self.logic.assessment(identifier)
        if assessment is None or self.parameterNode is None:
            return
        with slicer.util.NodeModify(self.parameterNode):
            self.parameterNode.assessment = assessment.id
            self.parameterNode.page = 0
            if self.parameterNode.background.value not in assessment.contrasts:
                self.parameterNode.background = Background(str(assessment.contrasts[0]))
            if self.parameterNode.region.value not in assessment.regions:
                self.parameterNode.region = RegionChoice(str(assessment.regions[0]))

    def deleteAssessment(self, assessment):
        """Remove a result from the scene and show the newest that is left."""
        self.logic.delete(assessment)
        left = self.logic.assessments()
        with slicer.util.NodeModify(self.parameterNode):
            self.parameterNode.assessment = left[0].id if left else ""
            self.parameterNode.compared = ""
        self.updateFromParameterNode()

    # Edited outlines ---------------------------------------------------------------------------------------------

    def _watchOutlines(self):
        """Observe the outlines of the shown result, so that an edited one is measured again."""
        event = slicer.vtkSegmentation.SourceRepresentationModified
        assessment = self.assessment()
        wanted = [node.GetSegmentation() for node in assessment.outlines.values()] if assessment else []
        for watched, _event, method, _group, _tag, _priority in list(self.Observations):
            if method == self.onOutlineModified and watched not in wanted:
                self.removeObserver(watched, _event, method)
        for segmentation in wanted:
            if not self.hasObserver(segmentation, event, self.onOutlineModified):
                self.addObserver(segmentation, event, self.onOutlineModified)

    def onOutlineModified(self, caller, event):
        assessment = self.assessment()
        if assessment is not None and not self.logic.isBuilding:
            assessment.mark_edited(caller)
            self._measureTimer.start()

    def onMeasureAgain(self):
        self.verdict.updateEdited()


class SynthTrustLogic(ScriptedLoadableModuleLogic):
    """Everything that the panel does, for Slicer's Python console and for batch use too.

    Example::

        import SynthTrust
        logic = SynthTrust.SynthTrustLogic()
        volumes = {c: hit.node for c, hit in logic.recognizeVolumes().items()}   # or {"FLAIR": node, "T1c": node, ...}
        result = logic.assess(volumes, "ladder", progress=lambda stage, fraction: print(stage, fraction))
        for row in result.scorecard.rows:
            print(row.label, row.value, row.unit, row.evidence, row.reason)
        logic.export(result, "/path/of/a/folder")

    No method opens a dialog; what goes wrong is raised as SynthTrustLib.errors.SynthTrustError.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self._child = None
        self._started = 0.0
        self._results = {}  # run id -> (text node's modification time, result)
        self.isBuilding = False
        self.lastLog = ""

    def getParameterNode(self):
        return SynthTrustParameterNode(super().getParameterNode())

    # The patient -------------------------------------------------------------------------------------------------

    def recognizeVolumes(self):
        """Contrast -> the loaded volume that it was taken for, and why."""
        from SynthTrustLib.scene.patient_nodes import recognize_volumes

        return recognize_volumes(slicer.mrmlScene, self._dicomDescription)

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

    def preflight(self, volumes, cards=()):
        """Contrast -> what is found about the chosen volume before anything runs."""
        from SynthTrustLib.scene.patient_nodes import preflight
        from SynthTrustLib.vocabulary import Contrast

        required = {c: tuple(card.name for card in cards if c in card.required_contrasts) for c in Contrast}
        return preflight(volumes, required)

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
        from SynthTrustLib.case.recognize import recognize_folder
        from SynthTrustLib.scene.patient_nodes import SYNTHETIC

        recognition = recognize_folder(RESOURCES / "SamplePatient")
        loaded = {}
        for contrast, hit in recognition.contrasts.items():
            loaded[contrast] = slicer.util.loadVolume(
                str(hit.path), properties={"name": f"Synthetic patient {contrast}", "show": False}
            )
            loaded[contrast].SetAttribute(SYNTHETIC, "1")
        return loaded

    # Segmenters --------------------------------------------------------------------------------------------------

    def findSegmenters(self, folder=""):
        """The installed segmenter packages, and those in one more folder."""
        from SynthTrustLib.segmenters.registry import find_packages

        return list(find_packages([Path(folder)] if folder else []))

    def presets(self, packages):
        """Name -> cards of the preset's members."""
        from SynthTrustLib.segmenters.registry import presets

        return {name: [package.card for package in members] for name, members in presets(packages).items() if members}

    def cardHtml(self, card):
        """A segmenter's whole card, for the details pane."""
        from SynthTrustLib.report.card_html import card_html

        return card_html(card)

    # Runs --------------------------------------------------------------------------------------------------------

    def estimate(self, volumes, segmenters):
        """Seconds (None before the first run on this computer) and bytes of memory that a run will take."""
        from SynthTrustLib.case.load import REFERENCE_ORDER
        from SynthTrustLib.runner.estimate import estimate_bytes, estimate_seconds, recall

        reference = next((volumes[contrast] for contrast in REFERENCE_ORDER if contrast in volumes), None)
        if reference is None or reference.GetImageData() is None:
            return None, 0
        shape = reference.GetImageData().GetDimensions()
        history = recall(str(qt.QSettings().value(HISTORY_SETTING) or ""))
        seconds = estimate_seconds(history, shape[0] * shape[1] * shape[2], segmenters)
        return seconds, estimate_bytes(shape, len(volumes), segmenters)

    def ensureRequirements(self):
        """Ask for the packages that a run needs and Slicer does not bring; RuntimeError if the user declines."""
        import importlib.util

        missing = [r for r in REPORT_REQUIREMENTS if importlib.util.find_spec(r.split(">")[0]) is None]
        if not any(importlib.util.find_spec(engine.split(">")[0]) for engine in MIX_ENGINES):
            missing.insert(0, MIX_ENGINES[0])
        if missing:
            import slicer.packaging

            slicer.packaging.pip_ensure(missing, requester="SynthTrust")

    def isRunning(self):
        """Whether a run is under way."""
        return self._child is not None

    def start(
        self,
        volumes,
        segmenters,
        *,
        reference=None,
        label="",
        voxelSize="",
        segmenterFolder="",
        onProgress=lambda event: None,
        onEnd=lambda result, error: None,
    ):
        """Start a run in a child process and return at once.

        Parameters
        ----------
        volumes : mapping of Contrast to vtkMRMLScalarVolumeNode
        segmenters : list of str
            Ids, or a preset's name.
        onProgress : callable
            Receives SynthTrustLib.runner.events.Progressed on the main thread.
        onEnd : callable
            Receives the StoredResult and None, or None and the error, on the main thread.
        """
        from SynthTrustLib.runner.console_child import ConsoleChild
        from SynthTrustLib.runner.events import Progressed

        if self._child is not None:
            raise RuntimeError(_("A run is under way."))
        folder = Path(tempfile.mkdtemp(prefix="ST", dir=slicer.app.temporaryPath))
        try:
            request = self._request(folder, volumes, segmenters, reference, label, voxelSize, segmenterFolder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        nodeIDs = {contrast: node.GetID() for contrast, node in volumes.items()}

        def onEvent(event):
            if isinstance(event, Progressed):
                onProgress(event)

        def ended(resultFolder, error):
            child, self._child = self._child, None
            self.lastLog = child.log() if child is not None else ""
            result = None
            if resultFolder is not None:
                try:
                    result = self._takeIn(resultFolder, request, nodeIDs)
                except Exception as problem:
                    logging.exception("SynthTrust: the result cannot be shown")
                    error = problem
            if result is not None:
                self._remember(result, time.monotonic() - self._started)
            onEnd(result, error)

        self._started = time.monotonic()
        self._child = ConsoleChild(request, folder, slicer.util.launchConsoleProcess, onEvent, ended)

    def cancel(self):
        """Ask the run to stop; `onEnd` follows with Cancelled."""
        if self._child is not None:
            self._child.cancel()

    def abandonRun(self):
        """End a run at once, without a word: the scene, the module or the application is closing."""
        child, self._child = self._child, None
        if child is not None:
            child.abandon()

    def assess(
        self, volumes, segmenters="all", progress=None, *, reference=None, label="", voxelSize="", segmenterFolder=""
    ):
        """Run and wait; for the Python console and for batch use. Returns the StoredResult; its nodes are in the scene.

        Parameters
        ----------
        volumes : mapping
            Contrast, or its name ("T1", "T1c", "T2", "FLAIR") -> vtkMRMLScalarVolumeNode.
        segmenters : str or list of str
            A preset ("ladder", "real-against-synthetic", "all") or ids.
        progress : callable, optional
            Called with a stage in words and the fraction of the whole run that is done.
        reference : vtkMRMLSegmentationNode, optional
            A trusted segmentation to measure against.

        Raises
        ------
        SynthTrustLib.errors.SynthTrustError
            An input, a segmenter or the output cannot be used; KeyboardInterrupt cancels the run.
        """
        from SynthTrustLib.runner.events import Progressed
        from SynthTrustLib.runner.launch import run
        from SynthTrustLib.vocabulary import Contrast

        def onEvent(event):
            if progress is not None and isinstance(event, Progressed):
                progress(event.stage, event.overall)

        volumes = {Contrast(contrast): node for contrast, node in volumes.items()}
        folder = Path(tempfile.mkdtemp(prefix="ST", dir=slicer.app.temporaryPath))
        try:
            request = self._request(folder, volumes, segmenters, reference, label, voxelSize, segmenterFolder)
            started = time.monotonic()
            resultFolder = run(request, onEvent)
            nodeIDs = {contrast: node.GetID() for contrast, node in volumes.items()}
            result = self._takeIn(resultFolder, request, nodeIDs)
            self._remember(result, time.monotonic() - started)
            return result
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _request(self, folder, volumes, segmenters, reference, label, voxelSize, segmenterFolder):
        """Write the inputs into `folder` and say what is to be done with them."""
        from SynthTrustLib.case.declaration import DECLARATION_NAMES
        from SynthTrustLib.case.load import REFERENCE_ORDER
        from SynthTrustLib.runner.request import AssessRequest
        from SynthTrustLib.scene.patient_nodes import is_synthetic, shared_frame, write_reference, write_volume

        world = not shared_frame(volumes.values())
        paths = {}
        for contrast, node in volumes.items():
            paths[contrast] = folder / f"{contrast}.nrrd"
            write_volume(node, paths[contrast], world=world)
        if is_synthetic(volumes.values()):
            (folder / DECLARATION_NAMES[0]).write_text('{"synthetic": true}', encoding="utf-8")
        mask = None
        if reference is not None:
            grid = next(volumes[contrast] for contrast in REFERENCE_ORDER if contrast in volumes)
            mask = folder / "reference.nrrd"
            write_reference(reference, grid, mask, world=world)
        return AssessRequest(
            out=folder / "result",
            contrasts=paths,
            segmenters=segmenters if isinstance(segmenters, str) else ",".join(segmenters),
            extra_segmenter_folders=(Path(segmenterFolder),) if segmenterFolder else (),
            reference=mask,
            label=label.strip() or None,
            spacing_mm=self.voxelSize(voxelSize),
            write_scene=False,
        )

    def _takeIn(self, folder, request, nodeIDs):
        """Make the nodes of a finished run."""
        from SynthTrustLib.case.load import load_case
        from SynthTrustLib.runner.results import read_results
        from SynthTrustLib.scene.build import build_scene
        from SynthTrustLib.scene.patient_nodes import case_of_nodes
        from SynthTrustLib.scene.stored_result import StoredResult

        results = read_results(folder)
        found = {contrast: slicer.mrmlScene.GetNodeByID(nodeID) for contrast, nodeID in nodeIDs.items()}
        volumes = {contrast: node for contrast, node in found.items() if node is not None}
        case = None
        if len(volumes) == len(nodeIDs):
            case = case_of_nodes(volumes, results.geometry, is_synthetic=results.scorecard.is_synthetic_patient)
        if case is None:
            volumes = {}
            case = load_case(request.contrasts, label=request.label, spacing_mm=request.spacing_mm)
        self.isBuilding = True
        try:
            nodes = build_scene(
                slicer.mrmlScene,
                case,
                results.stack(),
                results.trust_maps(),
                results.scorecard,
                existing_volumes=volumes,
            )
            result = StoredResult(nodes)
            result.keep_report(results.report_html)
        finally:
            self.isBuilding = False
        self.lastLog = "\n".join(part for part in (results.log.strip(), self.lastLog) if part)
        return result

    def _remember(self, result, seconds):
        """Keep how long the run took, for the next estimate."""
        from SynthTrustLib.runner.estimate import Measured, remember

        volume = result.nodes.reference_volume
        if volume is None or volume.GetImageData() is None:
            return
        i, j, k = volume.GetImageData().GetDimensions()
        run = Measured(i * j * k, len(result.scorecard.segmenters), seconds)
        settings = qt.QSettings()
        settings.setValue(HISTORY_SETTING, remember(str(settings.value(HISTORY_SETTING) or ""), run))

    def writeLog(self):
        """Write the log of the last run into a temporary file; returns its path."""
        path = Path(slicer.app.temporaryPath) / "SynthTrust-run.log"
        path.write_text(self.lastLog + "\n", encoding="utf-8")
        return path

    # Results -----------------------------------------------------------------------------------------------------

    def assessments(self):
        """The results in the scene, the newest first."""
        from SynthTrustLib.scene.stored_result import stored_results

        found = []
        known = {}
        for result in stored_results(slicer.mrmlScene):
            time_ = result.nodes.scorecard.GetMTime()
            before = self._results.get(result.id)
            if before is not None and before[0] == time_:
                result.scorecard = before[1]
            known[result.id] = (time_, result.scorecard)
            found.append(result)
        self._results = known
        return found

    def assessment(self, identifier):
        """The result of this id, or None."""
        return next((result for result in self.assessments() if result.id == identifier), None)

    def delete(self, result):
        """Remove a result and its nodes from the scene; the patient's own volumes stay."""
        from SynthTrustLib.scene.assessment import remove_assessment

        remove_assessment(result.nodes)

    def show(self, result, parameterNode):
        """Bring the views in line with the parameters."""
        from SynthTrustLib.scene import look
        from SynthTrustLib.vocabulary import Contrast, Region

        manager = slicer.app.layoutManager()
        if manager is None:
            return
        look.show(
            result,
            look.Look(
                overlay=parameterNode.overlay.value,
                region=Region(parameterNode.region.value),
                background=Contrast(parameterNode.background.value),
                arrangement=look.Arrangement(parameterNode.layout.value),
                page=min(parameterNode.page, self.pages(result) - 1),
                opacity=parameterNode.opacity,
                threshold=parameterNode.threshold,
                legend=parameterNode.legend,
            ),
            manager.layoutLogic().GetLayoutNode(),
            [other for other in self.assessments() if other.id != result.id],
        )

    def center(self, result):
        """Show the whole head in every view, at the first review spot."""
        from SynthTrustLib.scene import views

        slicer.util.resetSliceViews()
        views.jump_to(slicer.mrmlScene, views.point_of_interest(result.nodes))
        manager = slicer.app.layoutManager()
        if manager is not None and manager.threeDViewCount > 0:
            view = manager.threeDWidget(0).threeDView()
            view.resetFocalPoint()
            view.resetCamera()

    def jump(self, result, spot):
        """Move every view to a review spot."""
        from SynthTrustLib.scene import views

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
        from SynthTrustLib.scene.layout import page_count

        return page_count(result.segmenters)

    def contourColours(self, result, region):
        """Name and colour (0..1) of every outline of a region."""
        from SynthTrustLib.scene.look import contour_colours
        from SynthTrustLib.vocabulary import Region

        return contour_colours(result, Region(region))

    def showPlot(self, result):
        """Show the dose-response chart in the present layout."""
        slicer.modules.plots.logic().ShowChartInLayout(result.nodes.chart)

    # Edited outlines, the reviewer, files ------------------------------------------------------------------------

    def editedMeasures(self, result):
        """What the outlines that were edited measure now, a tuple of texts per outline and region."""
        from SynthTrustLib.scene.edited_outlines import measure_edited

        return [measure.in_words() for measure in measure_edited(result)]

    def openInSegmentEditor(self, result, region):
        """Switch to the Segment Editor with the pooled outline of a region selected."""
        node = result.nodes.pooled
        slicer.util.selectModule("SegmentEditor")
        widget = slicer.util.getModuleWidget("SegmentEditor")
        widget.editor.setSegmentationNode(node)
        widget.editor.setSourceVolumeNode(result.nodes.reference_volume)
        widget.editor.setCurrentSegmentID(str(region))

    def export(self, result, folder, *, report=True, scorecard=True, tables=True, segmentations=True):
        """Write a result as files into a new folder inside `folder`; returns their paths."""
        from SynthTrustLib.runner.export import export_result

        return export_result(
            result, Path(folder), report=report, scorecard=scorecard, tables=tables, segmentations=segmentations
        )

    def writeReport(self, result):
        """Write the report, with the verdict in it, into a temporary file; returns its path."""
        from SynthTrustLib.runner.export import report_with_verdicts

        path = Path(slicer.app.temporaryPath) / "SynthTrust-report.html"
        path.write_text(report_with_verdicts(result), encoding="utf-8")
        return path


class SynthTrustTest(ScriptedLoadableModuleTest):
    """The self-test: real logic and real nodes; a real run too where a segmenter and an engine are installed."""

    def setUp(self):
        slicer.mrmlScene.Clear(0)

    def runTest(self):
        for name in sorted(dir(self)):
            if name.startswith("check"):
                self.setUp()
                self.delayDisplay(name)
                getattr(self, name)()
        self.setUp()

    def checkSeriesAreRecognizedByName(self):
        from SynthTrustPanel import selfTest

        volumes = selfTest.makeVolumes()
        found = SynthTrustLogic().recognizeVolumes()
        self.assertEqual({str(c): hit.node for c, hit in found.items()}, volumes)
        self.assertTrue(all(hit.reason for hit in found.values()))

    def checkPreflightSaysWhatIsWrong(self):
        from SynthTrustPanel import selfTest

        from SynthTrustLib.vocabulary import Contrast

        volumes = {Contrast(name): node for name, node in selfTest.makeVolumes().items()}
        rows = SynthTrustLogic().preflight(volumes)
        self.assertFalse(any(row.blocks for row in rows.values()))
        slicer.util.arrayFromVolume(volumes[Contrast.T2])[:] = 5
        slicer.util.arrayFromVolumeModified(volumes[Contrast.T2])
        volumes[Contrast.T1] = volumes[Contrast.FLAIR]
        rows = SynthTrustLogic().preflight(volumes)
        self.assertTrue(rows[Contrast.T1].blocks)
        self.assertTrue(rows[Contrast.T2].blocks)

    def checkResultIsInTheScene(self):
        from SynthTrustPanel import selfTest

        from SynthTrustLib.vocabulary import Region

        logic = SynthTrustLogic()
        volumes = selfTest.makeVolumes()
        result = selfTest.makeResult(volumes)
        self.assertEqual([r.id for r in logic.assessments()], [result.id])
        self.assertEqual(list(result.nodes.outlines), list(selfTest.RADII))
        self.assertIs(result.nodes.reference_volume, volumes["FLAIR"])
        radius = selfTest.RADII["real"] * 2.5
        expected = 4 / 3 * 3.14159 * radius**3 / 1000
        volume = next(r for r in result.scorecard.rows if r.key == f"volume.{Region.WT}.real")
        self.assertAlmostEqual(volume.value, expected, delta=0.1 * expected)
        self.assertGreater(len(result.scorecard.review_spots), 0)
        self.assertIsNotNone(result.nodes.chart)

    def checkLayoutAndOverlayFollowTheParameters(self):
        from SynthTrustPanel import selfTest

        logic = SynthTrustLogic()
        result = selfTest.makeResult(selfTest.makeVolumes())
        node = logic.getParameterNode()
        node.assessment = result.id
        node.overlay = Overlay.DISAGREEMENT
        logic.show(result, node)
        manager = slicer.app.layoutManager()
        if manager is None:
            return  # no main window: there is nothing to look at
        red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
        layer = slicer.mrmlScene.GetNodeByID(red.GetForegroundVolumeID() or "")
        self.assertEqual(layer.GetAttribute("SynthTrust.Subject"), "disagreement")
        node.layout = Layout.SIDE_BY_SIDE
        node.overlay = Overlay.CONTOURS
        logic.show(result, node)
        self.assertIsNone(red.GetForegroundVolumeID())
        shown = result.nodes.outlines["half"].GetDisplayNode().GetViewNodeIDs()
        self.assertIn("vtkMRMLSliceNodeSynthTrust2", shown)
        self.assertNotIn("vtkMRMLSliceNodeSynthTrust1", shown)

    def checkEverythingSurvivesSavingAndLoading(self):
        from SynthTrustPanel import selfTest

        from SynthTrustLib.trust.verdict import Decision, Verdict
        from SynthTrustLib.vocabulary import Region

        logic = SynthTrustLogic()
        result = selfTest.makeResult(selfTest.makeVolumes())
        identifier, rows = result.id, result.scorecard.rows
        result.set_verdicts([Verdict.now(Region.WT, Decision.REJECT, 'too large; "odd"', "A. B.")])
        node = logic.getParameterNode()
        node.assessment = identifier
        node.overlay = Overlay.UNCERTAINTY
        folder = Path(tempfile.mkdtemp(prefix="ST", dir=slicer.app.temporaryPath))
        try:
            path = folder / "scene.mrb"
            self.assertTrue(slicer.util.saveScene(str(path)))
            slicer.mrmlScene.Clear(0)
            self.assertEqual(SynthTrustLogic().assessments(), [])
            slicer.util.loadScene(str(path))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        loaded = SynthTrustLogic().assessment(identifier)
        self.assertIsNotNone(loaded)
        self.assertEqual(loaded.scorecard.rows, rows)
        self.assertEqual(loaded.verdicts()[0].comment, 'too large; "odd"')
        self.assertEqual(len(loaded.nodes.outlines), 3)
        self.assertEqual(len(loaded.nodes.maps), 9)
        self.assertIn("Self-test", loaded.report_html())
        node = SynthTrustLogic().getParameterNode()
        self.assertEqual((node.assessment, node.overlay), (identifier, Overlay.UNCERTAINTY))

    def checkEditedOutlineIsMeasuredAgain(self):
        from SynthTrustPanel import selfTest

        from SynthTrustLib.scene.edited_outlines import measure_edited

        result = selfTest.makeResult(selfTest.makeVolumes())
        self.assertEqual(measure_edited(result), [])
        pooled, volume = result.nodes.pooled, result.nodes.reference_volume
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(pooled, "WT", volume)
        mask[:] = 0
        mask[10:14, 20:30, 15:20] = 1
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, pooled, "WT", volume)
        result.mark_edited(pooled.GetSegmentation())
        measure = next(m for m in measure_edited(result) if m.region == "WT")
        self.assertEqual(measure.voxels, 4 * 10 * 5)
        self.assertAlmostEqual(measure.volume_ml, 200 * 3.0 * 2.5 * 2.5 / 1000, places=4)

    def checkExportHoldsTheVerdict(self):
        import json

        from SynthTrustPanel import selfTest

        from SynthTrustLib.trust.verdict import Decision, Verdict
        from SynthTrustLib.vocabulary import Region

        result = selfTest.makeResult(selfTest.makeVolumes())
        result.set_verdicts([Verdict.now(Region.WT, Decision.ACCEPT, "fine", "A. B.")])
        folder = Path(tempfile.mkdtemp(prefix="ST", dir=slicer.app.temporaryPath))
        try:
            written = {path.name: path for path in SynthTrustLogic().export(result, folder)}
            record = json.loads(written["scorecard.json"].read_text("utf-8"))
            self.assertEqual(record["provenance"]["review"]["verdicts"][0]["decision"], "accept")
            self.assertIn("A. B.", written["report.html"].read_text("utf-8"))
            self.assertIn("pooled.nii.gz", written)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def checkDeletingAResultLeavesThePatient(self):
        from SynthTrustPanel import selfTest

        logic = SynthTrustLogic()
        volumes = selfTest.makeVolumes()
        first, second = selfTest.makeResult(volumes), selfTest.makeResult(volumes)
        logic.delete(first)
        self.assertEqual([r.id for r in logic.assessments()], [second.id])
        logic.delete(second)
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"), 0)
        self.assertTrue(all(slicer.mrmlScene.IsNodePresent(node) for node in volumes.values()))

    def checkAFailedRunSaysWhyAndLeavesNothing(self):
        from SynthTrustPanel import selfTest

        result, error = self._run(selfTest.makeVolumes(), ["there-is-no-such-segmenter"])
        self.assertIsNone(result)
        self.assertEqual(error.kind, "segmenter")
        self.assertTrue(error.next_step)
        self.assertEqual(list(Path(slicer.app.temporaryPath).glob("ST*/result")), [])

    def checkACancelledRunLeavesNothing(self):
        from SynthTrustPanel import selfTest

        result, error = self._run(selfTest.makeVolumes(), "all", cancelAfterMs=300)
        self.assertIsNone(result)
        self.assertEqual(error.kind, "cancelled")
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"), 0)

    def checkARealRun(self):
        import importlib.util

        logic = SynthTrustLogic()
        modules = ["jinja2", "jsonschema", "matplotlib"]
        engines = ["openvino", "onnxruntime"]
        if not logic.findSegmenters() or not all(map(importlib.util.find_spec, modules)):
            logging.warning("SynthTrustTest: no real run, because segmenters or packages are not installed")
            return
        if not any(map(importlib.util.find_spec, engines)):
            logging.warning("SynthTrustTest: no real run, because no engine is installed")
            return
        volumes = logic.loadSamplePatient()
        result, error = self._run({str(contrast): node for contrast, node in volumes.items()}, "ladder", seconds=600)
        self.assertIsNone(error)
        self.assertGreater(len(result.nodes.outlines), 1)
        self.assertTrue(result.scorecard.is_synthetic_patient)
        self.assertIn("<html", result.report_html())

    def _run(self, volumes, segmenters, cancelAfterMs=None, seconds=120):
        """Start a run as the panel does and wait for its end; returns the result and the error."""
        from SynthTrustLib.vocabulary import Contrast

        logic = SynthTrustLogic()
        ended = []
        logic.start(
            {Contrast(name): node for name, node in volumes.items()},
            segmenters,
            onEnd=lambda result, error: ended.append((result, error)),
        )
        if cancelAfterMs is not None:
            qt.QTimer.singleShot(cancelAfterMs, logic.cancel)
        deadline = time.monotonic() + seconds
        while not ended:
            self.assertLess(time.monotonic(), deadline, "the run has not ended")
            slicer.app.processEvents()
            time.sleep(0.02)
        return ended[0]
