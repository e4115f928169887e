"""The panel in another language, from the texts to what is on the screen."""

from __future__ import annotations

import runpy
import shutil
import string
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

pytest.importorskip("trame_slicer")

ROOT = Path(__file__).resolve().parents[3]
TRANSLATIONS = sorted((ROOT / "Resources" / "Translations").glob("*.ts"))
GERMAN = ROOT / "Resources" / "Translations" / "SynthTrust_de-DE.ts"
TRANSLATED_SHARE = 0.9
"""Of the panel's texts: one that was changed since is shown in English, which is no reason to stop a change."""

tool = runpy.run_path(str(ROOT / "Testing" / "translations.py"))


def messages(path: Path) -> dict[tuple[str, str], str]:
    """(context, text) -> finished translation, empty while there is none."""
    found = {}
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            finished = translation.get("type") is None
            key = context.findtext("name"), message.findtext("source")
            found[key] = translation.text or "" if finished else ""
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_translation_is_up_to_date_with_the_panel(path, tmp_path):
    renewed = tmp_path / path.name
    shutil.copy(path, renewed)
    tool["update"]([renewed])
    wanted = messages(renewed)
    done = sum(bool(text) for text in wanted.values())
    lacking = [source for (_, source), text in wanted.items() if not text]
    assert done >= TRANSLATED_SHARE * len(wanted), f"make translations, then translate in {path.name}: {lacking}"


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)
def test_a_translation_keeps_every_placeholder(path):
    for (_, source), text in messages(path).items():
        if text:
            assert fields(text) == fields(source), text


def test_every_text_is_looked_up_under_the_context_it_is_extracted_with():
    from standin.translation import context_of

    for source in tool["panel_files"]():
        assert tool["context_of"](source) == context_of(source)
    assert {context_of(source) for source in tool["panel_files"]()} >= {"SynthTrust", "SynthTrustPanel.lookSection"}


def test_a_text_that_is_pieced_together_before_translation_is_refused(tmp_path):
    path = tmp_path / "Module.py"
    path.write_text("_(f'{count} runs')", "utf-8")
    with pytest.raises(ValueError, match=r"Module\.py:1"):
        tool["texts_of"](path)


@pytest.fixture
def german(host, tmp_path):
    """German, compiled and installed as Slicer does at its start."""
    from PySide6.QtCore import QCoreApplication, QTranslator

    compiler = Path(sys.executable).with_name("pyside6-lrelease")
    subprocess.run([compiler, GERMAN, "-qm", tmp_path / "SynthTrust_de-DE.qm"], check=True, capture_output=True)
    (file,) = tmp_path.glob("*de-DE.qm")
    translator = QTranslator()
    assert translator.load(str(file))
    assert QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


@pytest.mark.standin
def test_the_panel_speaks_german(host, german, request):
    panel = request.getfixturevalue("panel")  # made after the language was set, as in Slicer
    known = messages(GERMAN)
    assert panel.ui.scorecardCollapsibleButton.text == known["SynthTrust", "Scorecard"]  # the .ui file
    assert panel.ui.cancelButton.text == "Abbrechen"
    overlays = [panel.ui.overlayComboBox.itemText(n) for n in range(panel.ui.overlayComboBox.count)]
    assert "Uneinigkeit" in overlays  # the module file
    header = panel.ui.spotTable.horizontalHeaderItem(1)
    assert header.text() == known["SynthTrustPanel.lookSection", "Place"]  # a file of the panel's package
    assert panel.ui.runButton.toolTip in known.values()


def test_the_librarys_own_words_are_german_too(host, german, request):
    panel = request.getfixturevalue("panel")
    request.getfixturevalue("result")
    table = panel.ui.statusTable
    assert [table.item(row, 0).text() for row in range(3)] == ["Ganzer Tumor", "Tumorkern", "Anreichernder Tumor"]
    assert table.item(0, 1).text() == "unbekannt"
    assert panel.ui.verdictTable.cellWidget(0, 1).itemText(3) == "ablehnen"
    assert panel.ui.scorecardTree.topLevelItem(1).text(0) == "Größe"
