"""Patient: which volume is which contrast, and what was found about each before anything runs."""

import qt
import slicer
from slicer.i18n import tr as _

from . import choices, patientNotes, theme
from .series import FIELDS, chooseSeries, chosenSeries, letKeysIn, newRow, ownRows
from .words import inWords

OWN_CHOICE = -1


class PatientSection:
    """Fills the selectors by itself and says why."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self.patients = []
        self.reasons = {}  # contrast -> (node id, why it was taken)
        self.preflight = {}
        self._lookedAt = None
        self._shownRows = None  # the contrasts whose rows are shown: to show a row costs a layout
        self.rows = ownRows(ui)  # contrast -> its row in the form: those of every task that was chosen so far
        self._saidOf = set()  # ids of the series whose patient the case label, voxel size and reference are of
        self._titleBefore = ""
        self._notes = {}  # what it is about -> a line of text
        for selector in (*(row.selector for row in self.rows.values()), ui.referenceSelector):
            letKeysIn(selector)
        self._noteLabel = qt.QLabel()
        self._noteLabel.wordWrap = True
        self._noteLabel.textFormat = qt.Qt.PlainText
        ui.patientCollapsibleButton.layout().insertWidget(0, self._noteLabel)
        ui.patientComboBox.currentIndexChanged.connect(self.onPatient)
        ui.recognizeButton.clicked.connect(self.onRecognize)
        ui.sampleButton.clicked.connect(self.onSample)

    def volumes(self):
        """The chosen volume node of each contrast of the segmenters' task that has one."""
        node = self.panel.parameterNode
        contrasts = self.panel.segmenters.task().contrast_ids if node else ()
        chosen = {contrast: chosenSeries(node, contrast) for contrast in contrasts}
        return {contrast: volume for contrast, volume in chosen.items() if volume is not None}

    def drop(self, deleted):
        """Choose none where `deleted` is chosen; a series that is loaded later can take its place."""
        node = self.panel.parameterNode
        with slicer.util.NodeModify(node):
            for contrast in self.rows:
                if chosenSeries(node, contrast) is deleted:
                    chooseSeries(node, contrast, None)
                    self._showChosen(contrast)
                    node.contrastsSeen = [seen for seen in node.contrastsSeen if seen != contrast]
            if node.referenceSegmentation is deleted:
                node.referenceSegmentation = None

    def find(self):
        """Look which patients are loaded."""
        self.patients = self.panel.logic.patients()

    def recognize(self):
        """Choose volumes by name; what the user has chosen or set to none stays. Never those of two patients."""
        node = self.panel.parameterNode
        if node is None:
            return
        self.find()
        patient = self.patient()
        if patient is not None:
            self._choose(patient, replace=False)

    def patient(self):
        """The patient whose volumes are chosen; the one loaded last when there is no choice; None for an own choice."""
        chosen = self.volumes().values()
        return next((patient for patient in self.patients if patient.has(chosen)), None)

    def title(self):
        """What the chosen patient is called; empty where there is only one, who needs no name."""
        if len(self.patients) < 2 or not self.volumes():
            return ""
        patient = self.patient()
        return patient.title if patient is not None else _("my own choice")

    def isOf(self, assessment):
        """Whether a result is of the patient whose series are chosen."""
        inputs = {node.GetID() for node in assessment.inputs.values()}
        return any(node.GetID() in inputs for node in self.volumes().values())

    def chooseOf(self, assessment):
        """Choose the series that a result was computed from, where they are still there and others are chosen.

        Those of another task than the chosen segmenters' are left alone.
        """
        if assessment.task != self.panel.segmenters.task():
            return
        inputs = {contrast: node for contrast, node in assessment.inputs.items() if self.panel.logic.isSeries(node)}
        if not inputs or self.isOf(assessment):
            return
        self.find()
        patient = next((patient for patient in self.patients if patient.has(inputs.values())), None)
        self.reasons = {}
        if patient is not None:
            self._choose(patient, replace=True)
            return
        with slicer.util.NodeModify(self.panel.parameterNode):
            for contrast in assessment.task.contrast_ids:
                chooseSeries(self.panel.parameterNode, contrast, inputs.get(contrast))

    def note(self, about, text):
        """Say a line at the top of the section, in the place of what was said about the same; empty takes it away."""
        self._notes[about] = text
        text = "\n".join(filter(None, self._notes.values()))
        self._noteLabel.text = text
        self._noteLabel.visible = bool(text)
        theme.setTextColour(self._noteLabel, theme.warningColour())

    def forget(self):
        """The scene has changed: what was said is of nobody any more."""
        self._saidOf, self._titleBefore, self._notes = set(), "", {}

    def _follow(self, volumes):
        """Case label, voxel size and reference are those of the chosen patient, and never those of the one before."""
        chosen = {node.GetID() for node in volumes.values()}
        if not chosen:
            return
        before = [slicer.mrmlScene.GetNodeByID(nodeID) for nodeID in self._saidOf]
        before = [node for node in before if node is not None]
        if self._saidOf and not chosen & self._saidOf:
            node = self.panel.parameterNode
            had = bool(node.caseLabel or node.voxelSize or node.referenceSegmentation)
            patientNotes.keep(before, node)
            with slicer.util.NodeModify(node):
                patientNotes.recall(volumes.values(), node)
            self._saidOf = chosen
            text = (
                _("Case label, voxel size and reference of {patient} were put aside; they come back with that patient.")
                if before
                else _("Case label, voxel size and reference of the patient before were cleared.")
            )
            before = self._titleBefore or _("the patient before")
            self.note("patient", text.format(patient=before) if had else "")
        elif not self._saidOf or any(patient.has([*before, *volumes.values()]) for patient in self.patients):
            self._saidOf |= chosen
        self._titleBefore = self.title() or self._titleBefore

    def _compareWithViews(self, volumes):
        """Say where the views show another patient than the one who is chosen."""
        assessment = self.panel.assessment()
        known = {node.GetID() for node in volumes.values()}
        if assessment is not None:
            known |= {node.GetID() for node in assessment.nodes.volumes.values()}
        strangers = [node for node in self.panel.logic.views.shownSeries() if node.GetID() not in known]
        text = _("The views show {volume}, which is not a chosen series.")
        self.note("views", text.format(volume=strangers[0].GetName()) if volumes and strangers else "")

    def areOthers(self, nodeIDs):
        """Whether any of these series is of another patient than the one who is chosen."""
        chosen = self.patient() if self.volumes() else None
        own = {found.node.GetID() for found in chosen.contrasts.values()} if chosen is not None else set()
        every = {found.node.GetID() for patient in self.patients for found in patient.contrasts.values()}
        return chosen is not None and bool((every & nodeIDs) - own)

    def onOthersLoaded(self):
        """Series of another patient were loaded while one is chosen: panel and views stay with the chosen one."""
        volumes = self.volumes()
        strangers = self.panel.logic.views.shownSeries() if volumes else []
        if any(node.GetID() not in {n.GetID() for n in volumes.values()} for node in strangers):
            if self.panel.assessment() is not None:
                self.panel.look.apply(force=True)
            else:
                self.panel.logic.views.showSeries(volumes, self.panel.segmenters.task())
        if self.title():
            text = _("Another patient was loaded. Panel and views stay with {patient}.")
            self.note("patient", text.format(patient=self.title()))
        self.panel.updateFromParameterNode()

    def _choose(self, patient, replace):
        node = self.panel.parameterNode
        with slicer.util.NodeModify(node):
            if replace:
                node.contrastsSeen = []
            for contrast in self.rows:
                hit = patient.contrasts.get(contrast)
                if replace:
                    chooseSeries(node, contrast, hit.node if hit is not None else None)
                elif hit is not None and chosenSeries(node, contrast) is None and contrast not in node.contrastsSeen:
                    chooseSeries(node, contrast, hit.node)
                if hit is not None and chosenSeries(node, contrast) is hit.node:
                    self.reasons[contrast] = (hit.node.GetID(), hit.reason)

    def update(self):
        """Show the contrasts of the segmenters' task, and the preflight line of each."""
        task = self.panel.segmenters.task()
        self._showRows(task)
        self._fillPatients()
        volumes = self.volumes()
        self._follow(volumes)
        self._compareWithViews(volumes)
        self._remember(volumes)
        cards = self.panel.segmenters.chosenCards()
        loaded = self._notChosen(volumes)
        key = (
            task,
            tuple((c, v.GetID(), v.GetMTime(), self._imageTime(v)) for c, v in volumes.items()),
            tuple(card.id for card in cards),
            tuple((c, node.GetID(), node.GetName()) for c, node in loaded.items()),
            tuple(self.reasons.items()),
            theme.isDark(),
        )
        if key == self._lookedAt:
            return
        self._lookedAt = key
        self.preflight = self.panel.logic.preflight(volumes, cards, loaded, task)
        for contrast, row in self.preflight.items():
            text = inWords(row.text) if volumes else ""
            nodeID, reason = self.reasons.get(contrast, (None, ""))
            volume = volumes.get(contrast)
            if volume is not None and volume.GetID() == nodeID:
                text = _("{text} (chosen by {reason})").format(text=text, reason=reason)
            label = self.rows[contrast].status
            label.text = theme.breakable(text)
            label.visible = bool(text)
            if row.blocks:
                theme.setTextColour(label, theme.errorColour())
            elif contrast in loaded:
                theme.setTextColour(label, theme.warningColour())
            elif volume is None:
                theme.setTextColour(label, theme.fadedColour())
            else:
                theme.setTextColour(label, None)

    def _showRows(self, task):
        """A row for each contrast of a task, and none for others; what is chosen there stays."""
        for contrast in task.contrast_ids:
            if contrast not in self.rows:
                self.rows[contrast] = newRow(
                    self.ui.otherSeriesWidget.layout(),
                    contrast,
                    list(self.rows.values())[-1].selector,
                    lambda volume, contrast=contrast: self._onSeries(contrast, volume),
                )
        for contrast in self.rows:
            self._showChosen(contrast)
        if self._shownRows == task.contrast_ids:
            return
        self._shownRows = task.contrast_ids
        for contrast, row in self.rows.items():
            row.show(contrast in task.contrast_ids)
        self.ui.otherSeriesWidget.visible = any(contrast not in FIELDS for contrast in task.contrast_ids)

    def _showChosen(self, contrast):
        """Bring the selector of a contrast without a field of its own in line with what is chosen."""
        selector = self.rows[contrast].selector
        volume = chosenSeries(self.panel.parameterNode, contrast)
        if contrast not in FIELDS and selector.currentNode() is not volume:
            selector.blockSignals(True)
            selector.setCurrentNode(volume)
            selector.blockSignals(False)

    def _onSeries(self, contrast, volume):
        if self.panel.parameterNode is not None:
            chooseSeries(self.panel.parameterNode, contrast, volume)

    def _notChosen(self, volumes):
        """Contrast -> the volume that the patient has for it, where neither it nor another is chosen."""
        contrasts = self.panel.segmenters.task().contrast_ids
        chosen = {node.GetID() for node in volumes.values()}
        found = {}
        for patient in self.patients:
            own = {contrast: hit.node for contrast, hit in patient.contrasts.items()}
            if chosen & {node.GetID() for node in own.values()}:
                found |= {
                    c: node
                    for c, node in own.items()
                    if c in contrasts and c not in volumes and node.GetID() not in chosen
                }
        return found

    def _remember(self, contrasts):
        """Which contrasts have had a series."""
        node = self.panel.parameterNode
        seen = list(node.contrastsSeen)
        new = [str(contrast) for contrast in contrasts if contrast not in seen]
        if new:
            node.contrastsSeen = seen + new

    def _fillPatients(self):
        """The list of patients, where there is more than one."""
        combo = self.ui.patientComboBox
        several = len(self.patients) > 1
        combo.visible = several
        self.ui.patientComboBoxLabel.visible = several
        current = self.patient() if self.volumes() else None
        titles = {index: patient.title for index, patient in enumerate(self.patients)}
        index = self.patients.index(current) if current is not None else OWN_CHOICE
        choices.fill(combo, titles | {OWN_CHOICE: _("my own choice")}, index)

    def onPatient(self, *unused):
        index = self.ui.patientComboBox.currentIndex
        if 0 <= index < len(self.patients):
            self._take(self.patients[index])

    def _take(self, patient):
        """Choose a patient, and show whoever is new in the views."""
        before = {node.GetID() for node in self.volumes().values()}
        self.reasons = {}
        self.note("patient", "")
        self._choose(patient, replace=True)
        if before.isdisjoint(node.GetID() for node in self.volumes().values()):
            self.panel.showPatient()

    def _imageTime(self, volume):
        image = volume.GetImageData()
        return image.GetMTime() if image is not None else 0

    def problem(self):
        """Why a run cannot start with these volumes; empty when it can."""
        if not self.volumes():
            return _("Choose at least one series of the patient.")
        for contrast, row in self.preflight.items():
            if row.blocks:
                return _("{contrast} {reason}").format(contrast=contrast, reason=inWords(row.text))
        try:
            self.panel.logic.voxelSize(self.panel.parameterNode.voxelSize)
        except ValueError as error:
            return str(error)
        return ""

    def onRecognize(self, *unused):
        self.find()
        patient = self.patient() or (self.patients[0] if self.patients else None)
        if patient is not None:
            self._take(patient)
        self.panel.updateFromParameterNode()

    def onSample(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The sample patient cannot be loaded."), waitCursor=True):
            loaded = self.panel.logic.loadSamplePatient()
            self.find()
            sample = next((patient for patient in self.patients if patient.has(loaded.values())), None)
            if sample is not None:
                self._take(sample)
