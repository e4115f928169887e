"""Draw the icons: ``python Testing/draw_icons.py [FOLDER]`` makes each PNG in Resources/Icons from the SVG beside it.

With FOLDER, it writes there instead, and adds what menus make of the icons: each at 16 pixels, and a sheet of all of
them at 16, 32 and 64 pixels on a light and on a dark panel, to look at.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6 import QtGui

ICONS = Path(__file__).resolve().parents[1] / "Resources" / "Icons"
SIZES = {"SynthTrust": 128}
"""Pixels of the module's icon, which the catalogue shows too; the others are for menus."""
MENU_SIZE = 64
LIGHT, DARK = "#f0f0f0", "#2b2b2b"
"""Panels of Slicer's two themes."""


def sheet(pictures: list[Path]) -> QtGui.QImage:
    """Every icon as menus show it, a row each: 16, 32 and 64 pixels on light, then on dark."""
    sizes = (16, 32, 64)
    width, height = sum(sizes) + 40, 80
    image = QtGui.QImage(2 * width, height * len(pictures), QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(image)
    for side, colour in enumerate((LIGHT, DARK)):
        painter.fillRect(side * width, 0, width, image.height(), QtGui.QColor(colour))
        for row, path in enumerate(pictures):
            left = side * width + 10
            for size in sizes:
                painter.drawPixmap(left, row * height + 8, QtGui.QIcon(str(path)).pixmap(size, size))
                left += size + 10
    painter.end()
    return image


def main(folder: Path | None) -> None:
    application = QtGui.QGuiApplication([])
    pictures = []
    for svg in sorted(ICONS.glob("*.svg")):
        size = SIZES.get(svg.stem, MENU_SIZE)
        pictures.append((folder or ICONS) / f"{svg.stem}.png")
        QtGui.QIcon(str(svg)).pixmap(size, size).save(str(pictures[-1]))
        if folder:
            QtGui.QIcon(str(pictures[-1])).pixmap(16, 16).save(str(folder / f"{svg.stem}-16.png"))
    if folder:
        sheet(pictures).save(str(folder / "sheet.png"))
    del application


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
