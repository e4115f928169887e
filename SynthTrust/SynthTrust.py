"""SynthTrust in Slicer: the module, its panel, and the names that Slicer looks for.

Everything that does not need Qt is in SynthTrustLib; the logic and the panel's sections are in SynthTrustPanel.
"""

import sys
from functools import partial
from pathlib import Path

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import ScriptedLoadableModule, ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE, *([] if (_HERE / "SynthTrustLib").is_dir() else [_HERE.parent])):
    # In a source checkout the library and Resources are beside this file's folder, and not in it.
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
RESOURCES = (_HERE if (_HERE / "Resources").is_dir() else _HERE.parent) / "Resources"

from SynthTrustPanel import selfTest  # noqa: E402
from SynthTrustPanel.logic import SynthTrustLogic  # noqa: E402

MEASURE_AGAIN_AFTER_MS = 400
OTHERS_LOADED_MS = 300


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
        # Here and not in the panel: a scene may be opened before anybody has looked at the module, and Slicer may start
        # with the layout that it was quit with.
        slicer.app.connect("startupCompleted()", restoreViews)
        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, restoreViews)


def registerSampleData():
    """Add the sample patient to the Sample Data module."""
    from SynthTrustPanel.sampleData import register

    register(RESOURCES)


def restoreViews(*unused):
    """Leave no views empty in a layout of an earlier session: a scene was opened, or Slicer was started."""
    SynthTrustLogic().views.restoreViews()


class SynthTrustWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: holds its sections together and follows the scene."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.parameterNode = None
        self.isShown = False  # the views are another module's while it is not
        self._guiTag = None
        self._updating = False
        self._arrivals = None
        self._start = None  # a run whose concerns are asked about, to start it once more

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        from SynthTrustPanel import layingOut
        from SynthTrustPanel.arrivals import Arrivals
        from SynthTrustPanel.cohortSection import CohortSection
        from SynthTrustPanel.correctionSection import CorrectionSection
        from SynthTrustPanel.exportSection import ExportSection
        from SynthTrustPanel.lines import Lines
        from SynthTrustPanel.lookSection import LookSection
        from SynthTrustPanel.outlinesSection import OutlinesSection
        from SynthTrustPanel.patientSection import PatientSection
        from SynthTrustPanel.runSection import RunSection
        from SynthTrustPanel.scorecardSection import ScorecardSection
        from SynthTrustPanel.scroller import Scroller
        from SynthTrustPanel.segmentersSection import SegmentersSection
        from SynthTrustPanel.timers import singleShot
        from SynthTrustPanel.timesSection import KEY, TimesSection
        from SynthTrustPanel.verdictSection import VerdictSection
        from SynthTrustPanel.watching import Watching

        uiWidget = slicer.util.loadUI(str(RESOURCES / "UI" / "SynthTrust.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)

        self.logic = SynthTrustLogic()
        sections = [widget for name, widget in vars(self.ui).items() if name.endswith("CollapsibleButton")]
        self._laidOutOnce = partial(layingOut.once, uiWidget, sections)
        self.scroller = Scroller(uiWidget)
        self.times = TimesSection(self.ui, self)
        self.patient = PatientSection(self.ui, self)
        self.segmenters = SegmentersSection(self.ui, self)
        self.outlines = OutlinesSection(self.ui, self)
        self.run = RunSection(self.ui, self)
        self.scorecard = ScorecardSection(self.ui, self)
        self.correction = CorrectionSection(self.ui, self)
        self.look = LookSection(self.ui, self)
        self.verdict = VerdictSection(self.ui, self)
        self.export = ExportSection(self.ui, self)
        self.cohort = CohortSection(self.ui, self)
        self._sections = (
            self.segmenters,
            self.patient,
            self.outlines,
            self.run,
            self.scorecard,
            self.look,
            self.correction,
            self.verdict,
            self.export,
            self.times,
            self.cohort,
        )

        self._lines = Lines(
            self,
            {
                "caseLabel": self.ui.caseLabelLineEdit,
                "voxelSize": self.ui.voxelSizeLineEdit,
                "reviewer": self.ui.reviewerLineEdit,
            },
        )

        self._measureTimer = singleShot(MEASURE_AGAIN_AFTER_MS, self.verdict.updateEdited)
        self._updateTimer = singleShot(0, self.updateFromParameterNode)
        # Readers show what they have read, some time after it was added.
        self._othersTimer = singleShot(OTHERS_LOADED_MS, self.onOthersLoaded)
        self._arrivals = Arrivals(self.logic, self._updateSoon)
        self._outlines = Watching((slicer.vtkSegmentation.SourceRepresentationModified,), self.onOutlineModified)
        self._shortcuts = []
        for keys, function in (
            ("Ctrl+Shift+N", lambda: self.look.step(1)),
            ("Ctrl+Shift+B", lambda: self.look.step(-1)),
            ("Ctrl+Shift+O", self.look.cycleOverlay),
            ("Ctrl+Shift+R", self.onRunShortcut),
            ("Ctrl+Shift+PgDown", lambda: self.cohort.step(1)),
            ("Ctrl+Shift+PgUp", lambda: self.cohort.step(-1)),
            *self.correction.shortcuts(),
        ):
            shortcut = qt.QShortcut(qt.QKeySequence(keys), self._shortcutParent(uiWidget))
            shortcut.activated.connect(lambda *unused, function=function: self.times.do(KEY, function))
            shortcut.enabled = False  # until the panel is shown: who makes it need not enter it
            self._shortcuts.append(shortcut)

        # When Slicer unloads its modules, the main window and the panel are destroyed already.
        slicer.app.connect("aboutToQuit()", self.cleanup)
        slicer.app.connect("paletteChanged(QPalette)", self.onPaletteChanged)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.StartImportEvent, self.onSceneStartImport)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(scene, scene.NodeAddedEvent, self.onNodeAdded)
        self.addObserver(scene, scene.NodeAboutToBeRemovedEvent, self.onNodeAboutToBeRemoved)
        self.addObserver(scene, scene.NodeRemovedEvent, self.onNodeRemoved)
        if slicer.app.layoutManager() is not None:
            layout = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
            self.addObserver(layout, vtk.vtkCommand.ModifiedEvent, self.onModified)
        self.initializeParameterNode()
        if getattr(self.parent, "isEntered", False):  # reloaded while it is shown: Slicer does not enter it again
            self.enter()

    def _shortcutParent(self, uiWidget):
        """The main window, so that the shortcuts work while a view has the focus; the panel where there is none."""
        window = slicer.util.mainWindow()
        return window if window is not None else uiWidget

    # Life of the widget ------------------------------------------------------------------------------------------

    def enter(self):
        self.isShown = True
        for shortcut in self._shortcuts:
            shortcut.enabled = True
        self.logic.editing.endPainting()
        self.initializeParameterNode()
        self.times.mark("entered")

    def exit(self):
        self.isShown = False
        for shortcut in self._shortcuts:
            shortcut.enabled = False
        self.correction.leave()
        self.times.mark("left")

    def cleanup(self):
        """Let go of everything; called once more, it does nothing."""
        slicer.app.disconnect("aboutToQuit()", self.cleanup)
        slicer.app.disconnect("paletteChanged(QPalette)", self.onPaletteChanged)
        if self.logic is not None:
            self.logic.abandonRun()
            self.export.stop()
            self.cohort.stop()
            self.segmenters.stop()
            self.logic.files.removeTemporaryFiles()
        self._measureTimer.stop()
        self._updateTimer.stop()
        self._othersTimer.stop()
        if self.logic is not None:
            self.correction.stop()
            self.times.stop()
        if self._arrivals is not None:
            self._arrivals.stop()
            self._outlines.stop()
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
        self.logic.forget()
        self.forgetRun()
        self._outlines.stop()
        self.export.stop()
        self.cohort.onSceneClosed()
        self._measureTimer.stop()
        self.setParameterNode(None)

    def onSceneEndClose(self, caller, event):
        self.initializeParameterNode()

    def onSceneStartImport(self, caller, event):
        self.setParameterNode(None)  # selectors that fill while a file is read must not write over what it brings

    def onSceneEndImport(self, caller, event):
        self.initializeParameterNode()
        assessment = self.assessment()
        if assessment is not None:
            self.look.apply(force=True)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAdded(self, caller, event, node):
        self._arrivals.onAdded(node)
        self._onNodesChanged(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAboutToBeRemoved(self, caller, event, node):
        """A chosen node is deleted: choose none, before its selector goes over to the next one by itself."""
        if self.parameterNode is not None:
            self.patient.drop(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeRemoved(self, caller, event, node):
        self._arrivals.onRemoved(node)
        self._onNodesChanged(node)

    def _onNodesChanged(self, node):
        if node.IsA("vtkMRMLVolumeNode") or node.IsA("vtkMRMLSegmentationNode") or node.IsA("vtkMRMLTextNode"):
            self._updateSoon()

    def _updateSoon(self):
        """In the next turn of the event loop; once, and at its end, for all nodes of a run."""
        if not self.logic.isMakingNodes():
            self._updateTimer.start()

    # Parameters --------------------------------------------------------------------------------------------------

    def initializeParameterNode(self):
        """Take (or make) the scene's parameter node and fill in what can be guessed."""
        if slicer.mrmlScene.IsClosing() or slicer.mrmlScene.IsImporting():
            return
        self.setParameterNode(self.logic.getParameterNode(self.parameterNode))
        self._arrivals.start()
        self.patient.recognize()
        if self.logic.assessment(self.parameterNode.assessment) is None:
            self.parameterNode.assessment = self._newestOfPatient()
        self.updateFromParameterNode()

    def setParameterNode(self, parameterNode):
        """Tie the panel to a parameter node, or to none; to the one that it is tied to already, nothing happens."""
        if self.parameterNode is not None:
            if parameterNode is not None and parameterNode.parameterNode is self.parameterNode.parameterNode:
                return
            self.parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(self.parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onModified)
        self.parameterNode = parameterNode
        self.patient.forget()
        if parameterNode is not None:
            self._guiTag = parameterNode.connectGui(self.ui)
            self.addObserver(parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onModified)

    def _newestOfPatient(self):
        """Id of the newest result of the chosen patient, of any where none is chosen; empty where there is none."""
        found = self.logic.assessments()
        if self.patient.volumes():
            found = [assessment for assessment in found if self.patient.isOf(assessment)]
        return found[0].id if found else ""

    def showPatient(self):
        """Show the chosen patient: the newest result, or only the images where there is none."""
        self._othersTimer.stop()
        newest = self._newestOfPatient()
        shown = self.assessment()
        if shown is not None and self.patient.isOf(shown):
            return
        if newest:
            self.showAssessment(newest)
        else:
            with slicer.util.NodeModify(self.parameterNode):
                self.parameterNode.assessment = ""
                self.parameterNode.compared = ""
            self.logic.views.hide(self.logic.assessments())
            self.logic.views.showSeries(self.patient.volumes(), self.segmenters.task())
        self.updateFromParameterNode()
        if newest:
            self.logic.views.center(self.assessment())

    def onOthersLoaded(self):
        if self.parameterNode is not None and self.isShown:
            self.patient.onOthersLoaded()

    def onModified(self, caller, event):
        self._updateTimer.start()

    def onPaletteChanged(self, palette=None):
        """From light to dark or back: the colours of texts and tables are ours."""
        self._updateTimer.start()

    def updateFromParameterNode(self):
        """Bring every section in line with the parameter node and the scene."""
        if self.parameterNode is None or self._updating:
            return
        self._updating = True
        try:
            self._lines.update()
            come, gone = self._arrivals.look()
            if come:
                self.patient.recognize()
                if self.patient.areOthers(come):
                    self._othersTimer.start()
            elif gone:
                self.patient.find()
            if self.parameterNode.referenceSegmentation is not None:
                self.logic.views.showAsOutline(self.parameterNode.referenceSegmentation)
            with self.logic.sceneStays(), self._laidOutOnce():
                if self.parameterNode.assessment and self.assessment() is None:  # the user has deleted its node
                    self.parameterNode.assessment = self._newestOfPatient()
                for section in self._sections:
                    section.update()
                self._watchOutlines()
        finally:
            self._updating = False

    def problem(self):
        """Why a run cannot start; empty when it can."""
        return self.patient.problem() or self.segmenters.problem() or self.outlines.problem()

    def assessment(self):
        """The shown result, or None."""
        return self.logic.assessment(self.parameterNode.assessment) if self.parameterNode is not None else None

    def comparedAssessment(self):
        """The result that is shown beside it, or None."""
        node = self.parameterNode
        if node is None or node.compared == node.assessment:
            return None
        return self.logic.assessment(node.compared)

    # Runs --------------------------------------------------------------------------------------------------------

    def onRunShortcut(self):
        if self.ui.runButton.enabled:
            self.run.onRun()

    def startRun(self):
        """Start the child process."""
        node = self.parameterNode
        self._start = partial(
            self.logic.start,
            self.patient.volumes(),
            self.segmenters.chosenIds(),
            record=self.segmenters.record(),
            outlines=self.outlines.chosen(),
            reference=node.referenceSegmentation,
            label=node.caseLabel,
            voxelSize=node.voxelSize,
            segmenterFolder=self.ui.segmenterFolderPathLineEdit.currentPath,
            task=self.segmenters.task(),
            onProgress=self.run.onProgress,
            onEnd=self.onRunEnded,
        )
        self._start()
        self.run.onStarted()

    def mayStartAgain(self):
        """Whether the run whose concerns were asked about can be started: its scene was not closed meanwhile."""
        return self._start is not None and not self.logic.isRunning()

    def forgetRun(self):
        """The run whose concerns were asked about is not started again: let go of the patient's volumes."""
        self._start = None

    def startAgain(self, accepted):
        """Start the very same run once more, whatever was chosen since, with these concerns accepted."""
        self._start(accepted=accepted)
        self.run.onStarted()

    def onRunEnded(self, assessment, error):
        """A run has ended: show its result, say in one sentence why there is none, or ask about its concerns."""
        from SynthTrustLib.errors import ConcernsError

        self.run.showError(error)
        if not isinstance(error, ConcernsError):
            self.forgetRun()
        else:
            qt.QTimer.singleShot(0, lambda: self.run.onConcerns(error))  # no dialog while the child's end is handled
        if assessment is not None and self.patient.volumes() and not self.patient.isOf(assessment):
            self.patient.note(
                "patient", _("The run on another patient has ended; its result is in the list of results.")
            )
            self.logic.views.hide([assessment])
            assessment = None
        if assessment is not None:
            self.showAssessment(assessment.id)
        self.updateFromParameterNode()
        if assessment is not None:
            # In the next turn of the event loop, or Slicer would not answer for as long as all of it takes together.
            qt.QTimer.singleShot(0, lambda: self._unfoldResult(assessment.id))

    def _unfoldResult(self, identifier):
        """Open the sections about the result of a run that has ended, close those before it, and go to the result."""
        assessment = self.assessment()
        if assessment is None or assessment.id != identifier:
            return  # another one was chosen, or the scene was closed
        with self._laidOutOnce():
            self.unfold("scorecard", "look", "verdict", "export")
        if self.isShown:
            self.logic.views.center(assessment)
            self.scroller.show(self.ui.scorecardCollapsibleButton)

    def unfold(self, *sections):
        """Open these sections about a result, and close those before it."""
        for section in (*sections, "patient", "segmenters"):
            getattr(self.ui, f"{section}CollapsibleButton").collapsed = section not in sections

    def showAssessment(self, identifier):
        """Show this result, and hide the others' outlines."""
        assessment = self.logic.assessment(identifier)
        if assessment is None or self.parameterNode is None:
            return
        self.patient.chooseOf(assessment)
        with slicer.util.NodeModify(self.parameterNode):
            self.parameterNode.assessment = assessment.id
            self.parameterNode.page = 0

    def deleteAssessment(self, assessment):
        """Remove a result from the scene and show the newest that is left."""
        self.logic.delete(assessment)
        with slicer.util.NodeModify(self.parameterNode):
            self.parameterNode.assessment = self._newestOfPatient()
            self.parameterNode.compared = ""
        self.updateFromParameterNode()

    # Edited outlines ---------------------------------------------------------------------------------------------

    def _watchOutlines(self):
        """Observe the outlines of the shown result, so that an edited one is measured again."""
        assessment = self.assessment()
        self._outlines.only([node.GetSegmentation() for node in assessment.outlines.values()] if assessment else [])

    def onOutlineModified(self, caller, event):
        assessment = self.assessment()
        if assessment is not None:
            assessment.mark_edited(caller)
            self._measureTimer.start()


class SynthTrustTest(selfTest.Checks):
    """The self-test: real logic and real nodes; a real run too where a segmenter and an engine are installed."""
