"""Look: what is drawn over the images, where, and the review spots one after the other."""

import slicer
from slicer.i18n import tr as _

from SynthTrustLib.trust.rows.row import volume_words

from . import choices, theme
from .timesSection import BUTTON
from .words import headline


class LookSection:
    """Overlay, layout and review spots."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self._spotsOf = None
        self._applied = None
        self._arrangement = None
        self._filling = False
        table = ui.spotTable
        columns = [
            (_("#"), _("Rank: the first is the place where settling the outline is expected to pay most.")),
            (_("Place"), _("The region that is in doubt there, and the volume of the place that is in doubt.")),
            (_("Disagreement"), _("Mean disagreement there, 0 to 1.")),
        ]
        theme.setUpTable(table, columns, stretched=1)
        table.itemSelectionChanged.connect(self.onSpot)
        self._fitter = theme.RowFitter(table)
        ui.regionComboBox.currentIndexChanged.connect(self.onRegion)
        ui.backgroundComboBox.currentIndexChanged.connect(self.onBackground)
        ui.previousSpotButton.clicked.connect(lambda *unused: panel.times.do(BUTTON, lambda: self.step(-1)))
        ui.nextSpotButton.clicked.connect(lambda *unused: panel.times.do(BUTTON, lambda: self.step(1)))
        ui.previousPageButton.clicked.connect(lambda *unused: self.turnPage(-1))
        ui.nextPageButton.clicked.connect(lambda *unused: self.turnPage(1))

    def update(self):
        """Enable what the shown result has, list its spots, and draw the overlay."""
        assessment = self.panel.assessment()
        node = self.panel.parameterNode
        has = assessment is not None
        for widget in (
            self.ui.overlayComboBox,
            self.ui.regionComboBox,
            self.ui.backgroundComboBox,
            self.ui.layoutComboBox,
            self.ui.opacitySlider,
            self.ui.thresholdSlider,
            self.ui.legendCheckBox,
        ):
            widget.enabled = has
        isMap = has and node.overlay.isMap()
        self.ui.thresholdSlider.enabled = isMap
        self.ui.legendCheckBox.enabled = isMap
        self._fillChoices(assessment)
        self._fillMargin(assessment)
        self._fillIcons()
        self._fillSpots(assessment)
        self._fillPages(assessment)
        self._fillLegend(assessment)
        self.apply()

    def apply(self, force=False):
        """Draw what the parameter node says, unless it is drawn already; while another module is shown, later."""
        assessment = self.panel.assessment()
        if assessment is None:
            self._applied = None
            return
        node = self.panel.parameterNode
        wanted = (
            assessment.id,
            node.overlay,
            node.region,
            node.background,
            node.layout,
            node.page,
            round(node.opacity, 3),
            round(node.threshold, 3),
            node.legend,
            node.margin,
        )
        if not self.panel.isShown:
            if force or wanted != self._applied:
                self._applied = None
            return
        arrangement = self.panel.logic.views.arrangement()
        if force or wanted != self._applied:
            self._applied = wanted
            self.panel.logic.views.show(assessment, node)
        elif arrangement != self._arrangement:  # the user has chosen another layout in Slicer, with other views
            self.panel.logic.views.show(assessment, node, arrange=False)
        self._arrangement = self.panel.logic.views.arrangement()

    def region(self):
        """The region of the shown result that is looked at."""
        return choices.chosen(self.panel.parameterNode.region, self.panel.assessment().regions)

    def _fillChoices(self, assessment):
        """Regions and images are those of the shown result."""
        node = self.panel.parameterNode
        regions = choices.regionNames(assessment.task, assessment.regions) if assessment else {}
        region = choices.chosen(node.region, regions)
        images = choices.imageNames(assessment.task, assessment.contrasts, region) if assessment else {}
        choices.fill(self.ui.regionComboBox, regions, region)
        choices.fill(self.ui.backgroundComboBox, images, choices.chosen(node.background, images))

    def onRegion(self, *unused):
        combo = self.ui.regionComboBox
        self.panel.parameterNode.region = combo.itemData(combo.currentIndex)

    def onBackground(self, *unused):
        combo = self.ui.backgroundComboBox
        self.panel.parameterNode.background = combo.itemData(combo.currentIndex)

    def _fillMargin(self, assessment):
        """The border margin can be shown where it was calibrated."""
        box = self.ui.marginCheckBox
        box.enabled = assessment is not None and assessment.margin is not None
        box.toolTip = (
            _("Show the band around the border of record that holds the true border in the stated share of patients.")
            if box.enabled
            else _("The shown result states no border margin; the scorecard says why.")
        )

    def _fillIcons(self):
        """Tying the panel to a parameter node fills the choices anew, without their icons."""
        combo = self.ui.overlayComboBox
        for index, overlay in enumerate(type(self.panel.parameterNode.overlay)):
            if combo.itemIcon(index).isNull():
                combo.setItemIcon(index, theme.overlayIcon(overlay.value))

    def _fillSpots(self, assessment):
        table = self.ui.spotTable
        key = assessment.id if assessment else None
        spots = assessment.scorecard.review_spots if assessment else ()
        if key != self._spotsOf:
            self._spotsOf = key
            self._filling = True
            table.rowCount = len(spots)
            for row, spot in enumerate(spots):
                place = headline(assessment.task.name(spot.region))
                if spot.volume_ml is not None:
                    place += f", {theme.oneLine(volume_words(spot.volume_ml))}"
                for column, text in enumerate((self._rank(spot), place, f"{spot.mean_value:.2f}")):
                    table.setItem(row, column, theme.tableItem(text, spot.reason))
            table.clearSelection()
            self._filling = False
            self.panel.correction.open(None)
            self._fitter.fitSoon()
        if not table.selectedItems():
            self._showReason(None)  # each time, as another palette has another colour for it
        self.ui.spotReasonLabel.visible = bool(spots)
        table.visible = bool(spots)
        for button in (self.ui.previousSpotButton, self.ui.nextSpotButton):
            button.enabled = bool(spots)

    def _fillPages(self, assessment):
        node = self.panel.parameterNode
        pages = self.panel.logic.views.pages(assessment) if assessment and node.layout.isSideBySide() else 0
        for widget in (self.ui.previousPageButton, self.ui.pageLabel, self.ui.nextPageButton):
            widget.visible = pages > 1
        if pages > 1:
            self.ui.pageLabel.text = _("page {page} of {pages}").format(page=node.page + 1, pages=pages)
            self.ui.previousPageButton.enabled = node.page > 0
            self.ui.nextPageButton.enabled = node.page < pages - 1

    def _fillLegend(self, assessment):
        shown = assessment is not None and not self.panel.parameterNode.overlay.isMap()
        self.ui.contourLegendLabel.visible = shown
        if shown:
            from SynthTrustLib.scene.views.look import contour_colours

            self.ui.contourLegendLabel.text = " ".join(
                f"{theme.colourSquare(*colour)}&nbsp;{theme.unbroken(name)}&nbsp;&nbsp;"
                for name, colour in contour_colours(assessment, self.region())
            )

    def _rank(self, spot):
        """The spot's number, with a check mark where it is settled."""
        return f"{spot.rank}\u00a0\u2713" if self.panel.correction.isSettled(spot) else str(spot.rank)

    def markSettled(self):
        """Mark the spots at which something was decided."""
        assessment = self.panel.assessment()
        for row, spot in enumerate(assessment.scorecard.review_spots if assessment else ()):
            self.ui.spotTable.item(row, 0).setText(self._rank(spot))

    def openSpot(self, spot):
        """Select a spot of the shown result."""
        self.ui.spotTable.selectRow(spot.rank - 1)

    def onSpot(self):
        assessment = self.panel.assessment()
        row = self.ui.spotTable.currentRow()
        if self._filling or assessment is None or not 0 <= row < len(assessment.scorecard.review_spots):
            return
        if not self.ui.spotTable.selectedItems():
            return
        spot = assessment.scorecard.review_spots[row]
        self.panel.times.note("spot", spot.rank, spot.region)
        self._showReason(spot)
        with self.panel.logic.sceneStays():
            self.panel.correction.open(spot)
            self.panel.parameterNode.region = spot.region
            self.panel.logic.views.jump(assessment, spot)

    def _showReason(self, spot):
        label = self.ui.spotReasonLabel
        hint = _("Select a spot to go there and to read what is in doubt.")
        label.text = hint if spot is None else theme.breakable(spot.reason)
        theme.setTextColour(label, theme.fadedColour() if spot is None else None)

    def step(self, by):
        """Go to the next or previous review spot; around at the ends."""
        count = self.ui.spotTable.rowCount
        if count == 0:
            return
        chosen = bool(self.ui.spotTable.selectedItems())
        row = (self.ui.spotTable.currentRow() + by) % count if chosen else (0 if by > 0 else count - 1)
        self.ui.spotTable.selectRow(row)

    def turnPage(self, by):
        node = self.panel.parameterNode
        pages = self.panel.logic.views.pages(self.panel.assessment())
        node.page = min(max(0, node.page + by), pages - 1)

    def cycleOverlay(self):
        """Show the next kind of overlay."""
        combo = self.ui.overlayComboBox
        if self.panel.assessment() is not None:
            combo.currentIndex = (combo.currentIndex + 1) % combo.count
            slicer.util.showStatusMessage(combo.currentText, 2000)
