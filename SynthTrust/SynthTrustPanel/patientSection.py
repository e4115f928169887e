"""Patient: which volume is which contrast, and what was found about each before anything runs."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from SynthTrustLib.vocabulary import Contrast

from . import theme
from .words import inWords

FIELDS = {
    Contrast.T1: "t1Volume",
    Contrast.T1C: "t1cVolume",
    Contrast.T2: "t2Volume",
    Contrast.FLAIR: "flairVolume",
}
OWN_CHOICE = -1
_LABELS = {
    Contrast.T1: "t1StatusLabel",
    Contrast.T1C: "t1cStatusLabel",
    Contrast.T2: "t2StatusLabel",
    Contrast.FLAIR: "flairStatusLabel",
}


class PatientSection:
    """Fills the selectors by itself and says why."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self.patients = []
        self.reasons = {}  # contrast -> (node id, why it was taken)
        self.preflight = {}
        self._lookedAt = None
        ui.patientComboBox.currentIndexChanged.connect(self.onPatient)
        ui.recognizeButton.clicked.connect(self.onRecognize)
        ui.sampleButton.clicked.connect(self.onSample)

    def volumes(self):
        """The chosen volume node of each contrast that has one."""
        node = self.panel.parameterNode
        chosen = {contrast: getattr(node, field) for contrast, field in FIELDS.items()} if node else {}
        return {contrast: volume for contrast, volume in chosen.items() if volume is not None}

    def drop(self, deleted):
        """Choose none where `deleted` is chosen; a series that is loaded later can take its place."""
        node = self.panel.parameterNode
        with slicer.util.NodeModify(node):
            for contrast, field in FIELDS.items():
                if getattr(node, field) is deleted:
                    setattr(node, field, None)
                    node.contrastsSeen = [seen for seen in node.contrastsSeen if seen != contrast]
            if node.referenceSegmentation is deleted:
                node.referenceSegmentation = None

    def find(self):
        """Look which patients are loaded."""
        self.patients = self.panel.logic.patients()

    def recognize(self, replace=False):
        """Choose volumes by name; what the user has chosen or set to none stays unless `replace`.

        Never those of two patients.
        """
        node = self.panel.parameterNode
        if node is None:
            return
        self.find()
        patient = self.patient() or (self.patients[0] if self.patients and replace else None)
        if patient is not None:
            self._choose(patient, replace)

    def patient(self):
        """The patient whose volumes are chosen; the one loaded last when there is no choice; None for an own choice."""
        chosen = self.volumes().values()
        return next((patient for patient in self.patients if patient.has(chosen)), None)

    def _choose(self, patient, replace):
        node = self.panel.parameterNode
        with slicer.util.NodeModify(node):
            if replace:
                node.contrastsSeen = []
            for contrast, field in FIELDS.items():
                hit = patient.contrasts.get(contrast)
                if replace:
                    setattr(node, field, hit.node if hit is not None else None)
                elif hit is not None and getattr(node, field) is None and contrast not in node.contrastsSeen:
                    setattr(node, field, hit.node)
                if hit is not None and getattr(node, field) is hit.node:
                    self.reasons[contrast] = (hit.node.GetID(), hit.reason)

    def update(self):
        """Show the preflight line of each contrast."""
        self._fillPatients()
        volumes = self.volumes()
        self._remember(volumes)
        cards = self.panel.segmenters.chosenCards()
        key = (
            tuple((c, v.GetID(), v.GetMTime(), self._imageTime(v)) for c, v in volumes.items()),
            tuple(card.id for card in cards),
            tuple(self.reasons.items()),
            theme.isDark(),
        )
        if key == self._lookedAt:
            return
        self._lookedAt = key
        self.preflight = self.panel.logic.preflight(volumes, cards)
        for contrast, row in self.preflight.items():
            text = inWords(row.text) if volumes else ""
            nodeID, reason = self.reasons.get(contrast, (None, ""))
            volume = volumes.get(contrast)
            if volume is not None and volume.GetID() == nodeID:
                text = _("{text} (chosen by {reason})").format(text=text, reason=reason)
            label = getattr(self.ui, _LABELS[contrast])
            label.text = theme.breakable(text)
            label.visible = bool(text)
            if row.blocks:
                theme.setTextColour(label, theme.errorColour())
            elif volume is None:
                theme.setTextColour(label, theme.fadedColour())
            else:
                theme.setTextColour(label, None)

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
        combo.blockSignals(True)
        combo.clear()
        for index, patient in enumerate(self.patients):
            combo.addItem(patient.title, index)
        combo.addItem(_("my own choice"), OWN_CHOICE)
        combo.currentIndex = self.patients.index(current) if current is not None else len(self.patients)
        combo.blockSignals(False)

    def onPatient(self, *unused):
        index = self.ui.patientComboBox.currentIndex
        if 0 <= index < len(self.patients):
            self.reasons = {}
            self._choose(self.patients[index], replace=True)

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
        self.reasons = {}
        self.recognize(replace=True)
        self.panel.updateFromParameterNode()

    def onSample(self, *unused):
        with slicer.util.tryWithErrorDisplay(_("The sample patient cannot be loaded."), waitCursor=True):
            loaded = self.panel.logic.loadSamplePatient()
            self.find()
            sample = next((patient for patient in self.patients if patient.has(loaded.values())), None)
            if sample is not None:
                self.reasons = {}
                self._choose(sample, replace=True)
