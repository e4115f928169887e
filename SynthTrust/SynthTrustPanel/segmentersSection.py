"""Segmenters: which there are, what they were trained on, which are to run."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from SynthTrustLib.errors import SynthTrustError
from SynthTrustLib.report.card_html import card_html
from SynthTrustLib.segmenters.outlines import POOLED
from SynthTrustLib.task.glioma import GLIOMA

from . import choices, theme
from .lines import followPath
from .slices import Slices
from .words import inWords

OWN_CHOICE = "own"
FOLDER_SETTING = "SynthTrust/SegmenterFolder"


class SegmentersSection:
    """The table of segmenters, its presets, and the card of the selected one."""

    def __init__(self, ui, panel):
        self.ui = ui
        self.panel = panel
        self.packages = []
        self.presets = {}
        self.problemFound = ""
        self._filling = False
        self._found = None  # packages whose boxes are checked, until a box changes
        self._checking = None  # the slices in which the packages' files are checked
        self._folder = str(qt.QSettings().value(FOLDER_SETTING) or "")
        ui.segmenterFolderPathLineEdit.currentPath = self._folder
        table = ui.segmenterTable
        columns = [
            (
                _("Segmenter"),
                _(
                    "Check a segmenter to run it. Its Dice is the mean overlap with experts' outlines of the region, "
                    "on real patients that it never saw."
                ),
            ),
            (_("Mix"), _("Training cases: blue is real, orange is synthetic.")),
        ]
        theme.setUpTable(table, columns)
        self._fitter = theme.RowFitter(table)
        table.cellChanged.connect(self.onCellChanged)
        table.itemSelectionChanged.connect(self.onSelection)
        ui.presetComboBox.currentIndexChanged.connect(self.onPreset)
        ui.recordComboBox.currentIndexChanged.connect(self.onRecord)
        followPath(ui.segmenterFolderPathLineEdit, self.onFolder)
        self.load()

    def load(self):
        """Look for packages and fill the table; their files are checked after that, and once more by a run."""
        self.problemFound = ""
        self.stop()
        try:
            self._show(self.panel.logic.findSegmenters(self._folder, verify=False))
        except SynthTrustError as error:
            self.problemFound = str(error)
            self._show([])
            return
        self._checking = Slices(self.panel.logic.checkingSegmenters(self.packages), self._onChecked)

    def stop(self):
        """Check no more."""
        if self._checking is not None:
            self._checking.stop()
            self._checking = None

    def _onChecked(self, packages, error):
        self._checking = None
        if error is not None:
            raise error
        if len(packages) < len(self.packages):
            self._show(packages)
            self.panel.updateFromParameterNode()

    def _show(self, packages):
        """Fill the table with these packages."""
        self.packages = packages
        self.presets = self.panel.logic.presets(packages)
        damaged = getattr(self.packages, "damaged", ())
        self.ui.damagedLabel.text = theme.breakable("\n".join(str(package.error) for package in damaged))
        self.ui.damagedLabel.visible = bool(damaged)
        self.ui.segmenterTable.visible = bool(self.packages)
        self._fillTable()
        self.onSelection()

    def chosenIds(self):
        """Ids of the checked segmenters, in the table's order."""
        return [package.card.id for package in self._checked() if self.cannotRun(package) == ""]

    def chosenCards(self):
        """Cards of the segmenters whose box is checked, whether they can run or not."""
        return [package.card for package in self._checked()]

    def _checked(self):
        if self._found is None:
            items = [self.ui.segmenterTable.item(row, 0) for row in range(len(self.packages))]
            self._found = [
                package
                for item, package in zip(items, self.packages, strict=True)
                if item.checkState() == qt.Qt.Checked
            ]
        return self._found

    def task(self):
        """What the checked segmenters outline, on which images: the first one's, or glioma where none is checked."""
        return next((package.task for package in self._checked()), GLIOMA)

    def record(self):
        """Who draws the outline of record, as the logic takes it; empty for the default."""
        combo = self.ui.recordComboBox
        return combo.itemData(combo.currentIndex) or ""

    def cannotRun(self, package):
        """Why a segmenter cannot run on the chosen volumes; empty when it can."""
        card, task = package.card, self.task()
        if package.task != task and self._checked():
            return _("outlines something else: {task}").format(task=package.task.id)
        volumes = self.panel.patient.volumes()
        if not volumes:
            return ""
        lacking = [contrast for contrast in card.required_contrasts if contrast not in volumes]
        if lacking:
            return _("needs {contrasts}").format(contrasts=", ".join(lacking))
        if not any(contrast in volumes for contrast in card.contrasts):
            return _("knows {contrasts} only").format(contrasts=", ".join(card.contrasts))
        return ""

    def problem(self):
        """Why a run cannot start with these segmenters; empty when it can."""
        if self.problemFound:
            return self.problemFound
        if self.panel.outlines.chosen():
            return ""
        if not self.packages:
            return _("No segmenter is installed. Install SynthTrust again, or choose a folder with segmenters.")
        if not self.chosenIds():
            return _("Choose at least one segmenter that can run on this patient.")
        return ""

    def update(self):
        """Check the boxes as the parameter node says, and grey out what cannot run on the chosen volumes."""
        node = self.panel.parameterNode
        if node is None:
            return
        wanted = node.segmenters
        if not node.segmentersChosen:
            wanted = [card.id for card in self.presets.get(self._bestPreset(), [])]
        self._filling = True
        items = [self.ui.segmenterTable.item(row, 0) for row in range(len(self.packages))]
        for item, package in zip(items, self.packages, strict=True):
            item.setCheckState(qt.Qt.Checked if package.card.id in wanted else qt.Qt.Unchecked)
        for item, package in zip(items, self.packages, strict=True):
            reason = self.cannotRun(package)
            theme.showCheckBox(item)
            item.setText(f"{package.card.name}\n{reason or self._dice(package)}")
            about = _("It cannot run: it {reason}.").format(reason=reason) if reason else package.card.summary
            item.setToolTip(theme.literally(f"{about}\n{self._allDice(package)}"))
            item.setForeground(qt.QBrush(theme.fadedColour()) if reason else qt.QBrush())
        theme.setTextColour(self.ui.damagedLabel, theme.warningColour())
        theme.setTextColour(self.ui.segmenterHintLabel, theme.fadedColour())
        self._showPreset()
        self._fillRecords(node.record)
        self._filling = False
        self._fitter.fitSoon()

    def _bestPreset(self):
        from SynthTrustLib.segmenters.package.registry import default_preset

        return default_preset(self.presets)

    def _showPreset(self):
        titles = {
            "ladder": _("Proportion ladder"),
            "real-against-synthetic": _("Real-only against synthetic-only"),
            "factors": _("Quality, diversity, generator and site"),
            "flagship": _("Flagship"),
            "all": _("All"),
        }
        order = [*(n for n in titles if n in self.presets), *(n for n in self.presets if n not in titles)]
        names = {name: f"{titles.get(name, name)} ({len(self.presets[name])})" for name in order}
        members = {name: {card.id for card in cards} for name, cards in self.presets.items()}
        chosen = {card.id for card in self.chosenCards()}
        match = next((name for name, ids in members.items() if chosen and chosen == ids), OWN_CHOICE)
        choices.fill(self.ui.presetComboBox, names | {OWN_CHOICE: _("My own choice")}, match)

    def _fillRecords(self, wanted):
        """Everybody whose outline can be that of record; one that cannot any more gives way to the default."""
        names = {package.card.id: package.card.name for package in self.packages}
        records = {identifier: names.get(identifier, identifier) for identifier in self.chosenIds()}
        records |= {node.GetName(): node.GetName() for node in self.panel.outlines.chosen()}
        default = {"": _("Flagship, with those checked as its jury")}
        choices.fill(self.ui.recordComboBox, default | records | {POOLED: _("Pooled from the segmenters")}, wanted)

    def _fillTable(self):
        table = self.ui.segmenterTable
        self._filling = True
        self._found = None
        table.rowCount = len(self.packages)
        for row, package in enumerate(self.packages):
            card = package.card
            mix = card.training_mix
            table.setItem(row, 0, theme.tableItem(card.name, checkable=True))
            bar = qt.QLabel()
            bar.pixmap = theme.mixBar(mix.real_fraction if mix.known else None)
            bar.alignment = qt.Qt.AlignCenter
            counts = _("{real} real and {synthetic} synthetic training cases").format(
                real=mix.real_cases, synthetic=mix.synthetic_cases
            )
            if not mix.known:
                counts = _("It is not known what it was trained on.")
            bar.toolTip = counts
            bar.accessibleName = counts
            table.setCellWidget(row, 1, bar)
        self._filling = False

    def _dice(self, package):
        region = package.task.region_ids[0]
        means = [
            theme.oneLine(_("{mean:.2f} (n = {patients})").format(mean=r.mean, patients=r.patients))
            for r in package.card.held_out
            if r.metric == "dice" and r.region == region
        ]
        if not means:
            return _("{region} Dice not measured").format(region=region)
        return _("{region} Dice {figures}").format(region=region, figures=", ".join(means))

    def _allDice(self, package):
        lines = [
            _("{region}, {cohort}: {mean:.2f} ({low:.2f} to {high:.2f}), {patients} patients").format(
                region=inWords(package.task.name(r.region)),
                cohort=r.cohort,
                mean=r.mean,
                low=r.low,
                high=r.high,
                patients=r.patients,
            )
            for r in package.card.held_out
            if r.metric == "dice"
        ]
        return "\n".join(lines) or _("No figure was measured on held-out patients.")

    def onCellChanged(self, row, column):
        self._found = None
        if self._filling or column != 0:
            return
        self._store()

    def onPreset(self, *unused):
        combo = self.ui.presetComboBox
        name = combo.itemData(combo.currentIndex)
        if self._filling or name == OWN_CHOICE or name is None:
            return
        ids = {card.id for card in self.presets[name]}
        self._filling = True
        for row, package in enumerate(self.packages):
            state = qt.Qt.Checked if package.card.id in ids else qt.Qt.Unchecked
            self.ui.segmenterTable.item(row, 0).setCheckState(state)
        self._filling = False
        self._store()

    def onRecord(self, *unused):
        if not self._filling and self.panel.parameterNode is not None:
            self.panel.parameterNode.record = self.record()

    def _store(self):
        node = self.panel.parameterNode
        if node is None:
            return
        with slicer.util.NodeModify(node):
            node.segmenters = [card.id for card in self.chosenCards()]
            node.segmentersChosen = True

    def onSelection(self):
        table = self.ui.segmenterTable
        row = table.currentRow()
        chosen = 0 <= row < len(self.packages)
        self.ui.segmenterHintLabel.visible = bool(self.packages) and not chosen
        self.ui.segmenterDetailsBrowser.visible = chosen
        if chosen:
            package = self.packages[row]
            self.ui.segmenterDetailsBrowser.html = card_html(package.card, package.task)

    def onFolder(self):
        path = self.ui.segmenterFolderPathLineEdit.currentPath.strip()
        if path == self._folder or (path and not Path(path).is_dir()):
            return
        self._folder = path
        qt.QSettings().setValue(FOLDER_SETTING, path)
        self.load()
        self.panel.updateFromParameterNode()
