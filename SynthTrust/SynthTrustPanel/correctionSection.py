"""Settling a review spot: one click, undone and made again, in an outline of the reviewer's own."""

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.maps.spots.spot import ADDED, ALL, INCLUDE, KEEP, LEAVE_OUT

from .timesSection import BUTTON
from .words import headline

LIST_SHOWN_MS = 150
"""How often to look whether the list of outlines is still open: Qt does not tell when it closes without a choice."""


class CorrectionSection:
    """The buttons at a spot, the preview of a choice, and what the outline measured before and measures now."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._spot = None
        self._choices = []
        self._filling = False
        for button, function in (
            (ui.includeButton, lambda: self.settle(INCLUDE)),
            (ui.leaveOutButton, lambda: self.settle(LEAVE_OUT)),
            (ui.keepButton, lambda: self.settle(KEEP)),
            (ui.takeButton, self.take),
            (ui.paintButton, self.paint),
            (ui.undoButton, self.undo),
            (ui.redoButton, self.redo),
        ):
            button.clicked.connect(lambda *unused, function=function: panel.times.do(BUTTON, function))
        ui.choiceComboBox.currentIndexChanged.connect(self.onChoice)
        ui.choiceComboBox.highlighted.connect(self.onHover)
        self._listTimer = qt.QTimer()
        self._listTimer.interval = LIST_SHOWN_MS
        self._listTimer.timeout.connect(self.onListShown)

    def shortcuts(self):
        """Keys and what they do."""
        return (
            ("Ctrl+Shift+I", lambda: self.settle(INCLUDE)),
            ("Ctrl+Shift+L", lambda: self.settle(LEAVE_OUT)),
            ("Ctrl+Shift+K", lambda: self.settle(KEEP)),
            ("Ctrl+Shift+G", self.chooseNext),
            ("Ctrl+Shift+T", self.take),
            ("Ctrl+Shift+P", self.paint),
            ("Ctrl+Shift+U", self.undo),
            ("Ctrl+Shift+Y", self.redo),
        )

    def open(self, spot):
        """Offer what can be chosen at a spot; None where none is selected."""
        self._spot = spot
        combo = self.ui.choiceComboBox
        self._filling = True
        combo.clear()
        self._choices = [] if spot is None else [one for one in spot.choices if one.choice not in (INCLUDE, LEAVE_OUT)]
        combo.addItem(_("Take an outline here"))
        with self.panel.logic.sceneStays():
            for choice in self._choices:
                combo.addItem(self._inWords(choice))
            self._filling = False
            self.panel.logic.editing.hidePreviews()
            yours = self._yours()
            if yours is not None and spot is not None and yours.can_be_settled(spot):
                yours.prepare()
            self.update()

    def update(self):
        """Enable what can be done at the open spot, and say what has changed."""
        assessment = self.panel.assessment()
        yours = self._yours()
        able = yours is not None and self._spot is not None and yours.can_be_settled(self._spot)
        offered = {one.choice for one in self._spot.choices} if able else set()
        self.ui.includeButton.enabled = INCLUDE in offered
        self.ui.leaveOutButton.enabled = LEAVE_OUT in offered
        self.ui.keepButton.enabled = self.ui.paintButton.enabled = able
        self.ui.choiceComboBox.enabled = bool(able and self._choices)
        self.ui.takeButton.enabled = able and self.ui.choiceComboBox.currentIndex > 0
        correction = yours.correction if yours is not None else None
        self.ui.undoButton.enabled = bool(correction and correction.settled)
        self.ui.redoButton.enabled = bool(correction and correction.undone)
        self.ui.correctionLabel.text = self._changes(assessment, yours) if correction and correction.settled else ""
        self.ui.correctionLabel.visible = bool(self.ui.correctionLabel.text)
        self.ui.correctionBox.visible = bool(assessment and assessment.scorecard.review_spots)

    def isSettled(self, spot):
        """Whether something was decided at a spot of the shown result."""
        yours = self._yours()
        return yours is not None and yours.correction.at(spot) is not None

    def settle(self, choice, taken=ALL):
        """Decide at the open spot, and open the next one that is still open."""
        yours, spot = self._yours(), self._spot
        if yours is None or spot is None or not yours.can_be_settled(spot):
            return
        if choice != KEEP and not any((one.choice, one.taken) == (choice, taken) for one in spot.choices):
            return
        stays = self.panel.logic.sceneStays()
        with slicer.util.tryWithErrorDisplay(_("The spot cannot be settled.")), stays:
            correction = yours.settle(spot, choice, self.panel.parameterNode.reviewer, taken)
            self.panel.times.note("settled", spot.rank, spot.region, choice, taken)
            self._changed(yours, spot.region)
            following = correction.next_open(self.panel.assessment().scorecard.review_spots, after=spot.rank)
            if following is not None:
                self.panel.look.openSpot(following)

    def chooseNext(self):
        """Choose the next outline of the list, and after the last one none."""
        combo = self.ui.choiceComboBox
        if combo.enabled:
            combo.currentIndex = (combo.currentIndex + 1) % combo.count

    def take(self):
        """Take the chosen outline at the open spot."""
        index = self.ui.choiceComboBox.currentIndex - 1
        if 0 <= index < len(self._choices):
            self.settle(self._choices[index].choice, self._choices[index].taken)

    def paint(self):
        """Open the Segment Editor where the reviewer draws, limited to the neighbourhood of the spot."""
        yours, spot = self._yours(), self._spot
        if yours is None or spot is None or not yours.can_be_settled(spot):
            return
        with slicer.util.tryWithErrorDisplay(_("The outline cannot be opened in the Segment Editor.")):
            self.panel.times.note("painting", spot.rank, spot.region)
            self.panel.logic.editing.paintAtSpot(self.panel.assessment(), spot, self.panel.parameterNode.reviewer)
            self._changed(yours, spot.region)

    def undo(self):
        """Take the last decision back, and go to its spot."""
        yours = self._yours()
        if yours is not None and yours.correction.settled:
            self._again("undo", yours, yours.undo, yours.correction.settled[-1])

    def redo(self):
        """Make the decision again that was taken back, and go to its spot."""
        yours = self._yours()
        if yours is not None and yours.correction.undone:
            self._again("redo", yours, yours.redo, yours.correction.undone[-1])

    def onChoice(self, *unused):
        """Show what the chosen outline would draw here."""
        if not self._filling:
            index = self.ui.choiceComboBox.currentIndex
            if index > 0:
                choice = self._choices[index - 1]
                self.panel.times.note("preview", self._spot.rank, self._spot.region, choice.choice, choice.taken)
            self.previewItem(index)
            self.update()

    def onHover(self, item):
        """Show what the outline under the pointer would draw here, as long as the list is open."""
        # Qt 5 has two signals of this name: one tells the number, the other the text.
        self.previewItem(self.ui.choiceComboBox.findText(item) if isinstance(item, str) else item)
        self._listTimer.start()

    def onListShown(self):
        """Once the list is closed, show the chosen outline again, whatever the pointer was on."""
        if not self.ui.choiceComboBox.view().visible:
            self._listTimer.stop()
            self.previewItem(self.ui.choiceComboBox.currentIndex)

    def previewItem(self, index):
        """Preview an item of the list of outlines; the first one is none."""
        self.preview(self._choices[index - 1] if 0 < index <= len(self._choices) else None)

    def preview(self, choice):
        """Draw a choice at the open spot as a dashed line; None takes it away."""
        yours, spot = self._yours(), self._spot
        if yours is None or choice is None or spot is None or not yours.can_be_settled(spot):
            self.panel.logic.editing.hidePreviews()
            return
        with slicer.util.tryWithErrorDisplay(_("The outline cannot be shown.")):
            yours.preview(spot, choice)

    def leave(self):
        """The panel is left: no preview stays behind."""
        self.stop()
        self.ui.choiceComboBox.currentIndex = 0

    def stop(self):
        """Take the preview away and follow the list no more."""
        self._listTimer.stop()
        self.panel.logic.editing.hidePreviews()

    def _again(self, what, yours, change, decision):
        stays = self.panel.logic.sceneStays()
        with slicer.util.tryWithErrorDisplay(_("The decision cannot be changed.")), stays:
            change()
            self.panel.times.note(what, decision.spot, decision.region, decision.choice, decision.taken)
            self._changed(yours, decision.region)
            spots = self.panel.assessment().scorecard.review_spots
            self.panel.look.openSpot(next(spot for spot in spots if spot.rank == decision.spot))

    def _changed(self, yours, region):
        yours.show_region(region)
        self.panel.look.markSettled()
        self.update()

    def _yours(self):
        assessment = self.panel.assessment()
        return None if assessment is None else self.panel.logic.yourOutline(assessment)

    def _inWords(self, choice):
        names = {card.id: card.name for card in self.panel.assessment().scorecard.segmenters}
        name = names.get(choice.choice, _("the jury together"))
        if choice.taken == ALL:
            return name
        adds = _("only what {name} adds") if choice.taken == ADDED else _("only what {name} leaves out")
        return adds.format(name=name)

    def _changes(self, assessment, yours):
        """What each edited region measured before and measures now, and which prediction holds no more."""
        from SynthTrustLib.runner.files.corrections import size_in_words

        lines = []
        edited = yours.edited_regions()
        for region, (was, now) in yours.sizes().items():
            if region not in edited:
                continue
            text = _("{region}: {before} before, {after} now").format(
                region=headline(assessment.task.name(region)),
                before=size_in_words(was),
                after=size_in_words(now),
            )
            row = next((r for r in assessment.scorecard.rows if r.key == f"predicted_dice.{region}"), None)
            if row is not None and row.value is not None and not row.withdrawn:
                text += _("; predicted Dice: edited, before it was {dice}").format(dice=f"{row.value:.2f}")
            lines.append(text + ".")
        return "\n".join(lines) or _("Nothing differs from the outline of record.")
