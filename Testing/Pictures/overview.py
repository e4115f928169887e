"""The one picture that explains everything: mixes, outlines, maps, scorecard."""

from __future__ import annotations

from camera import Camera
from PySide6 import QtCore, QtGui

from SynthTrustLib import palette

WIDTH, MARGIN, GAP = 1180, 28, 14
LARGEST_TILE = 236
MAP_TILE = 240
PAPER, INK, FAINT = QtGui.QColor("#ffffff"), QtGui.QColor("#1c2430"), QtGui.QColor("#5c6672")
REAL, SYNTHETIC = QtGui.QColor(palette.REAL), QtGui.QColor(palette.SYNTHETIC)
MOST_TILES = 6
ZOOM = 0.68


def draw_overview(camera: Camera, result) -> QtGui.QImage:
    """Draw it from what the panel shows of a finished run; the views are left in another layout."""
    cards = _one_card_a_mix(result)
    tile = min(LARGEST_TILE, (WIDTH - 2 * MARGIN + GAP) // len(cards) - GAP)
    outlines = _outline_tiles(camera, result, cards, tile)
    maps = _map_tiles(camera, result)
    camera.sections("scorecard")
    status = camera.ui.statusTable.grab().toImage()
    image = QtGui.QImage(WIDTH, 1000, QtGui.QImage.Format.Format_RGB32)
    image.fill(PAPER)
    painter = QtGui.QPainter(image)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
    top = _heading(
        painter,
        MARGIN,
        MARGIN,
        WIDTH - 2 * MARGIN,
        "1",
        "Networks that were trained on different mixes of real and synthetic scans outline the same tumor",
    )
    left = MARGIN
    for picture, card in outlines:
        painter.drawImage(left, top, picture)
        _mix_bar(painter, left, top + tile + 8, tile, card.training_mix)
        left += tile + GAP
    room = WIDTH - MARGIN - left
    if room > tile:
        words = "Same scan, same slice, same kind of network: only what it was trained on differs."
        _text(painter, left + GAP, top, room - GAP, words, 11, FAINT)
    row = top + tile + 66
    half = 2 * MAP_TILE + GAP
    below = _heading(painter, MARGIN, row, half, "2", "Where do they disagree, and how much of it comes from the mix?")
    for place, (picture, words) in enumerate(maps):
        left = MARGIN + place * (MAP_TILE + GAP)
        painter.drawImage(left, below, picture)
        _text(painter, left, below + MAP_TILE + 6, MAP_TILE, words, 10, FAINT)
    left = MARGIN + half + 2 * MARGIN
    width = WIDTH - MARGIN - left
    below_right = _heading(painter, left, row, width, "3", "How far can the outline be trusted?")
    scaled = status.scaledToWidth(width, QtCore.Qt.TransformationMode.SmoothTransformation)
    painter.drawImage(left, below_right, scaled)
    reasons = _html(painter, left, below_right + scaled.height() + 10, width, camera.ui.statusReasonLabel.text())
    closing = (
        "Every row of the scorecard says what was measured, on whom, and what is unknown. There is no overall number."
    )
    end = _text(painter, left, reasons + 10, width, closing, 10, FAINT)
    painter.end()
    bottom = max(below + MAP_TILE + 62, end + 16)
    return image.copy(0, 0, WIDTH, bottom)


def _one_card_a_mix(result) -> list:
    """One segmenter of every mix that ran, from real to synthetic; of many, those that span them evenly."""
    by_fraction = {card.training_mix.synthetic_fraction: card for card in reversed(result.segmenters)}
    cards = [by_fraction[fraction] for fraction in sorted(by_fraction)]
    if len(cards) > MOST_TILES:
        cards = [cards[round(n * (len(cards) - 1) / (MOST_TILES - 1))] for n in range(MOST_TILES)]
    return cards


def _outline_tiles(camera: Camera, result, cards: list, size: int) -> list[tuple[QtGui.QImage, object]]:
    """The same slice once a segmenter, with its outline alone."""
    camera.look("contours", "one")
    camera.zoom(ZOOM, size, size, result)
    tiles = []
    for card in cards:
        for identifier, node in result.nodes.outlines.items():
            node.GetDisplayNode().SetVisibility(identifier == card.id)
        for node in filter(None, (result.nodes.pooled, result.nodes.review_spots)):
            node.GetDisplayNode().SetVisibility(False)
        tiles.append((_view(camera, size), card))
    return tiles


def _map_tiles(camera: Camera, result) -> list[tuple[QtGui.QImage, str]]:
    words = {
        "disagreement": "Disagreement: the brighter, the further apart the networks are",
        "mix_influence": "Mix influence: blue where real scans, orange where synthetic scans say tumor",
    }
    tiles = []
    camera.panel.parameterNode.legend = False
    for overlay, text in words.items():
        camera.look(overlay, "one")
        camera.zoom(ZOOM, MAP_TILE, MAP_TILE, result)
        tiles.append((_view(camera, MAP_TILE), text))
    camera.panel.parameterNode.legend = True
    return tiles


def _view(camera: Camera, size: int) -> QtGui.QImage:
    """The one view, square and without its title bar."""
    bar = 17
    return camera.views(size + 2, size + bar + 2).copy(1, bar + 1, size, size)


def _font(points: float, bold: bool = False) -> QtGui.QFont:
    font = QtGui.QFont("DejaVu Sans")
    font.setPixelSize(round(points * 1.34))
    font.setBold(bold)
    return font


def _text(painter, left: int, top: int, width: int, words: str, points: float, colour) -> int:
    """Write wrapped text; returns where it ends."""
    painter.setFont(_font(points))
    painter.setPen(colour)
    box = QtCore.QRect(left, top, width, 400)
    painter.drawText(box, QtCore.Qt.TextFlag.TextWordWrap, words)
    return painter.fontMetrics().boundingRect(box, QtCore.Qt.TextFlag.TextWordWrap, words).bottom()


def _html(painter, left: int, top: int, width: int, html: str) -> int:
    """Write rich text; returns where it ends."""
    document = QtGui.QTextDocument()
    document.setDefaultFont(_font(9.5))
    document.setHtml(html)
    document.setTextWidth(width)
    painter.save()
    painter.translate(left, top)
    document.drawContents(painter)
    painter.restore()
    return top + round(document.size().height())


def _heading(painter, left: int, top: int, width: int, number: str, words: str) -> int:
    """A numbered heading; returns where what it is about begins."""
    painter.setPen(QtCore.Qt.PenStyle.NoPen)
    painter.setBrush(INK)
    painter.drawEllipse(left, top, 26, 26)
    painter.setFont(_font(12, bold=True))
    painter.setPen(PAPER)
    painter.drawText(QtCore.QRect(left, top, 26, 26), QtCore.Qt.AlignmentFlag.AlignCenter, number)
    painter.setFont(_font(13, bold=True))
    box = QtCore.QRect(left + 36, top + 3, width - 36, 60)
    painter.setPen(INK)
    painter.drawText(box, QtCore.Qt.TextFlag.TextWordWrap, words)
    lines = painter.fontMetrics().boundingRect(box, QtCore.Qt.TextFlag.TextWordWrap, words)
    return top + max(26, lines.height() + 3) + 12


def _mix_bar(painter, left: int, top: int, width: int, mix) -> None:
    """A bar of real (blue) and synthetic (orange) training cases, with its shares in words."""
    real = round(width * mix.real_fraction)
    painter.fillRect(left, top, real, 12, REAL)
    painter.fillRect(left + real, top, width - real, 12, SYNTHETIC)
    words = f"{mix.real_fraction:.0%} real, {mix.synthetic_fraction:.0%} synthetic".replace("%", " %")
    painter.setFont(_font(10))
    painter.setPen(INK)
    painter.drawText(left, top + 30, words)
