"""One application for all tests: the Slicer that they run in (Testing/run_in_slicer.py), or else the stand-in for it.

Qt and the displayable managers can be started only once in a process. The tests see Qt as Slicer's Python does: its
properties are attributes.
"""

from __future__ import annotations

import copy
import os
import pickle
import sys
import traceback
from pathlib import Path
from types import ModuleType

import pytest
import slicer

IN_SLICER = hasattr(slicer, "app")  # the stand-in sets it later
ROOT = Path(__file__).resolve().parents[3]
for folder in (ROOT / "Testing" / "Host", ROOT / "Testing" / "Python" / "segmenters", Path(__file__).parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

SCREENSHOTS = Path(os.environ.get("SYNTHTRUST_SCREENSHOTS") or ROOT / "build" / "screenshots")


def pytest_collection_modifyitems(items):
    for item in items:
        if IN_SLICER and item.get_closest_marker("standin"):
            item.add_marker(pytest.mark.skip(reason="looks at what only the stand-in for Slicer has"))


@pytest.fixture(scope="session")
def host(request):
    if IN_SLICER:
        from real_slicer import SlicerHost

        return SlicerHost()
    from standin import qt_namespace
    from standin.application import Host

    # All of them before any is run: one that is not named would see Qt as whichever module touched it last.
    tests = {item.module.__name__ for item in request.session.items if item.path.parent == Path(__file__).parent}
    qt_namespace.switch_properties(True, __name__, "panel_geometry", *tests)
    host = Host(ROOT / "SynthTrust" / "SynthTrust.py")
    host.testing_enabled = True
    host.set_theme(dark=False)
    host.load_module()
    return host


@pytest.fixture(autouse=True)
def errors_of_slots(monkeypatch):
    """What Qt and VTK call fails without a word to the test: Python hands such an error to sys.excepthook only."""
    errors: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: errors.append("".join(traceback.format_exception(*error))))
    yield errors
    assert not errors, errors[0]


WITHOUT_PICTURES = """
import sys
from SynthTrustLib.report import pictures
from SynthTrustLib.runner import assess
pictures.draw_pictures = lambda *_: {}
assess.IMPORTED_AHEAD = [name for name in assess.IMPORTED_AHEAD if "matplotlib" not in name]
from SynthTrustLib.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def plain_reports(monkeypatch):
    """Runs draw no pictures for their reports, which takes a third of a small patient's run, and nobody looks at."""
    from SynthTrustLib.runner.process import launch

    def command(request_file, command="run-child"):
        return [sys.executable, "-c", WITHOUT_PICTURES, command, str(request_file), "--leash"]

    monkeypatch.setattr(launch, "child_command", command)


@pytest.fixture(scope="session", autouse=True)
def outcomes(host):
    """What made-up segmenters find of a patient is computed once."""
    from SynthTrustPanel import madeUpPatient

    made, make = {}, madeUpPatient.makeOutcome

    def once(case, *how):
        voxels = [(str(contrast), volume.array.tobytes()) for contrast, volume in case.volumes.items()]
        key = pickle.dumps((voxels, case.geometry.ijk_to_ras, [list(part.items()) for part in how]))
        if key not in made:
            made[key] = make(case, *how)
        return copy.deepcopy(made[key])

    madeUpPatient.makeOutcome = once


@pytest.fixture
def panel(host, monkeypatch, tmp_path):
    """The module's widget, opened on an empty scene, and without the segmenters that SynthTrust ships."""
    from SynthTrustLib.segmenters.package import registry

    monkeypatch.setattr(registry, "resource_path", lambda relative: tmp_path)
    host.close_scene()
    host.dialogs.clear()
    host.answer = True
    modules = _own_modules()
    widget = host.open_module()
    host.process()
    yield widget
    host.close_module()
    if sys.modules["SynthTrustLib"] is not modules["SynthTrustLib"]:
        # The module was reloaded. Later tests hold classes of before, and would not know those of a second import.
        for name in _own_modules():
            del sys.modules[name]
        sys.modules.update(modules)
        host.load_module()


def _own_modules() -> dict[str, ModuleType]:
    return {
        name: module
        for name, module in sys.modules.items()
        if name.split(".")[0] in ("SynthTrustLib", "SynthTrustPanel")
    }


class User:
    """What a person does with the panel."""

    def __init__(self, host, widget) -> None:
        self.host = host
        self.widget = widget

    def choose_segmenters_in(self, folder: Path) -> None:
        self.widget.ui.segmenterFolderPathLineEdit.currentPath = str(folder)
        self.host.process()

    def run(self) -> None:
        """Press Run and wait, also for the run that follows where concerns are accepted."""
        self.widget.ui.runButton.click()
        while self.widget.logic.isRunning():
            self.host.wait_until(lambda: not self.widget.logic.isRunning(), seconds=600)
            self.host.process()

    def export(self, folder: Path) -> None:
        """Press Export and wait."""
        self.widget.ui.exportPathLineEdit.currentPath = str(folder)
        self.widget.ui.exportButton.click()
        self.host.wait_until(lambda: self.widget.ui.exportButton.enabled, seconds=60)

    def choose(self, combo, text: str) -> None:
        """Choose the item of a combo box that begins with `text`."""
        index = next(index for index in range(combo.count) if combo.itemText(index).startswith(text))
        combo.currentIndex = index
        self.host.process()


@pytest.fixture
def user(host, panel):
    return User(host, panel)


@pytest.fixture
def patient(host, panel):
    """The volume nodes of a made-up patient, by the contrast's name."""
    from SynthTrustPanel import madeUpPatient

    volumes = madeUpPatient.makeVolumes()
    host.process()
    return volumes


@pytest.fixture
def result(host, panel, patient):
    """A finished run, shown in the panel."""
    from SynthTrustPanel import madeUpPatient

    made = madeUpPatient.makeResult(patient)
    panel.onRunEnded(panel.logic.assessment(made.id), None)
    host.process()
    return made


@pytest.fixture
def picture(host):
    """Take a picture of the panel and the views, in light and dark."""

    def take(name: str, *, views: bool = False) -> None:
        for dark in (False, True):
            host.set_theme(dark)
            host.widget.updateFromParameterNode()
            host.screenshot(SCREENSHOTS / f"{name}-{'dark' if dark else 'light'}.png", views=views, view_size=600)
        host.set_theme(False)

    return take


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """A folder with three tiny segmenters that outline what is bright on FLAIR, the more the more synthetic."""
    import numpy as np
    import onnx_models

    from SynthTrustLib.segmenters.package.card import TrainingMix

    folder = tmp_path_factory.mktemp("packages")
    for name, synthetic, bias in (("t-0", 0, -3.0), ("t-50", 50, -2.5), ("t-100", 100, -1.5)):
        weight = np.zeros((3, 12))
        weight[:, 10] = 2.0  # this slice of FLAIR
        mix = TrainingMix(real_cases=100 - synthetic, synthetic_cases=synthetic, generator="t" if synthetic else None)
        model = onnx_models.pixelwise(weight, np.array([bias, bias - 1, bias - 2]))
        onnx_models.package(folder, name, model, name=name, training_mix=mix, presets=("ladder",))
    return folder
