"""Patient: which volume is which contrast, and what was found about each before anything runs."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from SynthTrustLib.vocabulary import Contrast

from . import theme

FIELDS = {
    Contrast.T1: "t1Volume",
    Contrast.T1C: "t1cVolume",
    Contrast.T2: "t2Volume",
    Contrast.FLAIR: "flairVolume",
}
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
        self.reasons = {}  # contrast -> (node id, why it was taken)
        self.preflight = {}
        self._lookedAt = None
        ui.recognizeButton.clicked.connect(self.onRecognize)
        ui.sampleButton.clicked.connect(self.onSample)

    def volumes(self):
        """The chosen volume node of each contrast that has one."""
        node = self.panel.parameterNode
        chosen = {contrast: getattr(node, field) for contrast, field in FIELDS.items()} if node else {}
        return {contrast: volume for contrast, volume in chosen.items() if volume is not None}

    def recognize(self, replace=False):
        """Choose volumes by name; what the user has chosen stays unless `replace`."""
        node = self.panel.parameterNode
        if node is None:
            return
        found = self.panel.logic.recognizeVolumes()
        taken = {volume.GetID() for volume in self.volumes().values()}
        with slicer.util.NodeModify(node):
            for contrast, hit in found.items():
                field = FIELDS[contrast]
                if replace or (getattr(node, field) is None and hit.node.GetID() not in taken):
                    setattr(node, field, hit.node)
                if getattr(node, field) is hit.node:
                    self.reasons[contrast] = (hit.node.GetID(), hit.reason)

    def update(self):
        """Show the preflight line of each contrast."""
        volumes = self.volumes()
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
            text = _(row.text) if volumes else ""
            nodeID, reason = self.reasons.get(contrast, (None, ""))
            volume = volumes.get(contrast)
            if volume is not None and volume.GetID() == nodeID:
                text = _("{text} (chosen by {reason})").format(text=text, reason=reason)
            label = getattr(self.ui, _LABELS[contrast])
            label.text = text
            label.visible = bool(text)
            if row.blocks:
                theme.setTextColour(label, theme.errorColour())
            elif volume is None:
                theme.setTextColour(label, theme.fadedColour())
            else:
                theme.setTextColour(label, None)

    def _imageTime(self, volume):
        image = volume.GetImageData()
        return image.GetMTime() if image is not None else 0

    def problem(self):
        """Why a run cannot start with these volumes; empty when it can."""
        if not self.volumes():
            return _("Choose at least one series of the patient.")
        for contrast, row in self.preflight.items():
            if row.blocks:
                return _("{contrast} {reason}").format(contrast=contrast, reason=row.text)
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
            self.panel.logic.loadSamplePatient()
            self.onRecognize()
