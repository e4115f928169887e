"""Colours that work on light and on dark panels, and the small drawings of the tables."""

import re
from html import escape

import qt
import slicer

from SynthTrustLib.palette import REAL, STATUSES, SYNTHETIC
from SynthTrustLib.resources import resource_path

from .timers import singleShot


def isDark():
    """Whether the application's palette is dark."""
    window = slicer.app.palette().color(qt.QPalette.Window)
    return window.lightness() < 128


def fadedColour():
    """For text that says that something is unknown or missing; readable on both themes."""
    return qt.QColor("#a0a0a0" if isDark() else "#6a6a6a")


def warningColour():
    """For a line of text that asks for attention; readable on both themes."""
    return qt.QColor("#ffb74d" if isDark() else "#a85400")


def errorColour():
    """For a line of text that says what went wrong; readable on both themes."""
    return qt.QColor("#ff8a80" if isDark() else "#b3261e")


def setTextColour(label, colour):
    """Colour a label's text and leave everything else to the theme; None gives it back to the theme."""
    if colour is None:
        label.palette = qt.QPalette()
        return
    palette = slicer.app.palette()
    palette.setColor(qt.QPalette.WindowText, colour)
    label.palette = palette


def mixBar(realFraction, width=72, height=14):
    """A bar of real (blue) and synthetic (orange) training cases; grey where the mix is not known (None)."""
    pixmap = qt.QPixmap(width, height)
    pixmap.fill(qt.QColor(0, 0, 0, 0))
    painter = qt.QPainter(pixmap)
    if realFraction is None:
        painter.fillRect(0, 2, width, height - 4, fadedColour())
        painter.end()
        return pixmap
    real = round(width * realFraction)
    painter.fillRect(0, 2, real, height - 4, qt.QColor(REAL))
    painter.fillRect(real, 2, width - real, height - 4, qt.QColor(SYNTHETIC))
    painter.end()
    return pixmap


def colourSquare(red, green, blue):
    """HTML of a small square in this colour (components 0..1), for legends in labels."""
    colour = f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"
    if min(red, green, blue) > 0.9 and not isDark():
        return "&#9633;"  # white on a light panel: an empty square
    return f'<span style="color:{colour};">&#9632;</span>'


def breakable(text):
    """The same text with places to break a long word, such as a path or a name with underscores, over two lines.

    A label is at least as wide as its longest word, and the panel as its widest label.
    """
    return re.sub(r"(?<=[/\\_])(?=[^\s\d])|(?<=[^\s/\\_]{20})(?=[^\s/\\_]{4})", "\u200b", text)


def oneLine(text):
    """A plain text that is not broken over two lines."""
    return text.replace(" ", "\u00a0")


def unbroken(text):
    """HTML of a text that is not broken over two lines."""
    return escape(text).replace(" ", "&nbsp;").replace("-", "&#8209;")


def literally(text):
    """`text` as a tooltip or a dialog shows it character by character: they take what looks like HTML for HTML."""
    return "<qt>" + escape(text).replace("\n", "<br>") + "</qt>" if "<" in text else text


def setUpTable(table, columns, stretched=0):
    """Give a table its columns, (title, tooltip) each; the `stretched` one takes the width that the others leave."""
    table.columnCount = len(columns)
    table.setHorizontalHeaderLabels([title for title, _tip in columns])
    header = table.horizontalHeader()
    for column, (_title, tip) in enumerate(columns):
        table.horizontalHeaderItem(column).setToolTip(tip)
        fits = qt.QHeaderView.Stretch if column == stretched else qt.QHeaderView.ResizeToContents
        header.setSectionResizeMode(column, fits)
    header.minimumSectionSize = 24
    header.highlightSections = False
    table.verticalHeader().visible = False
    table.wordWrap = True


def narrow(combo, letters=5):
    """Let a combo box be narrower than its longest choice, down to so many letters."""
    combo.sizeAdjustPolicy = qt.QComboBox.AdjustToMinimumContentsLengthWithIcon
    combo.minimumContentsLength = letters


def tableItem(text, tip="", checkable=False):
    """A table cell that cannot be edited."""
    item = qt.QTableWidgetItem(text)
    flags = qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable
    if checkable:
        flags = flags | qt.Qt.ItemIsUserCheckable
    item.setFlags(flags)
    item.setToolTip(literally(tip or text))
    return item


def showCheckBox(item):
    """Let an empty check box be seen: on a dark theme its frame has the colour of the cell."""
    item.setBackground(qt.QBrush(slicer.app.palette().color(qt.QPalette.Button)) if isDark() else qt.QBrush())


def overlayIcon(overlay):
    """The drawing that stands for an overlay, by the overlay's value ("mix_influence")."""
    name = "".join(word.capitalize() for word in overlay.split("_"))
    return qt.QIcon(str(resource_path(f"Icons/Overlay{name}.png")))


def statusIcon(status):
    """A dot in the colour of a status."""
    pixmap = qt.QPixmap(12, 12)
    pixmap.fill(qt.QColor(0, 0, 0, 0))
    painter = qt.QPainter(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing, True)
    painter.setPen(qt.QPen(qt.Qt.NoPen))
    painter.setBrush(qt.QBrush(qt.QColor(STATUSES[status][0])))
    painter.drawEllipse(2, 2, 8, 8)
    painter.end()
    return qt.QIcon(pixmap)


def statusItem(status, text, tip):
    """A table cell that looks like a chip in the colour of a status."""
    item = tableItem(text, tip)
    background, ink = STATUSES[status]
    item.setBackground(qt.QBrush(qt.QColor(background)))
    item.setForeground(qt.QBrush(qt.QColor(ink)))
    item.setTextAlignment(qt.Qt.AlignCenter)
    return item


class RowFitter:
    """Gives the wrapped text of a table the lines that it needs, again whenever a column has changed its width.

    The .ui file lets a table be as high as its rows are. Nothing here sets a height but that of a row.
    """

    def __init__(self, table):
        self._table = table
        self._timer = singleShot(0, self.fit, table)
        table.horizontalHeader().sectionResized.connect(self.fitSoon)

    def fitSoon(self, *unused):
        """After the layout has come to rest."""
        self._timer.start()

    def fit(self):
        self._table.resizeRowsToContents()
        self._table.updateGeometry()
