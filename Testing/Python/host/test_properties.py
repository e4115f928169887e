"""The stand-in shows Qt's properties to the same modules, whatever ran or was imported before."""

from __future__ import annotations

import operator
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.standin
HOST = Path(__file__).resolve().parents[2] / "Host"

AFTER_A_LAZY_MODULE = """
import sys, types
from PySide6 import QtWidgets

class Lazy(types.ModuleType):  # as torch.ops and torch.classes are, and others that import when they are asked
    __file__ = "_lazy.py"

    def __getattr__(self, name):
        sys.modules.setdefault("imported." + name, types.ModuleType(name))
        raise RuntimeError(f"{name} cannot be had")

def module(name):
    made = sys.modules[name] = types.ModuleType(name)
    exec("def look(widget): return type(widget.width).__name__", made.__dict__)
    return made

sys.modules["lazy"] = Lazy("lazy")
from standin.qt_namespace import switch_properties
application = QtWidgets.QApplication([])
widget = QtWidgets.QWidget()
with_properties, without = module("with_properties"), module("without")
switch_properties(True, "with_properties")
switch_properties(False, "without")
print(*(look(widget) for look in 2 * [with_properties.look, without.look]))
"""


def test_a_module_that_cannot_be_asked_does_not_hinder_the_others():
    done = subprocess.run(
        [sys.executable, "-c", AFTER_A_LAZY_MODULE],
        env=os.environ | {"PYTHONPATH": str(HOST), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == 2 * ["int", "builtin_function_or_method"]


def test_the_first_test_of_a_process_sees_properties_without_a_panel(host):
    import qt

    assert isinstance(qt.QWidget().width, int)


def test_every_test_of_the_panel_is_told_of_before_any_runs(host, request):
    from shibokensupport import feature
    from standin.qt_namespace import TRUE_PROPERTY

    names = {item.module.__name__ for item in request.session.items if item.path.parent == Path(__file__).parent}
    assert {name: feature.pyside_feature_dict.get(name) for name in names} == dict.fromkeys(names, TRUE_PROPERTY)


class Owner:
    """Has a timer that calls it, as Slices and Following have."""

    def __init__(self, end) -> None:
        import qt

        self.calls = 0
        self._end = end
        self.timer = qt.QTimer()
        self.timer.timeout.connect(self.work)
        self.timer.start()

    def work(self) -> None:
        self.calls += 1
        self.timer.stop()
        self._end(self)


@pytest.mark.parametrize(
    ("end", "stays", "crashes"),
    [
        (lambda owner: None, True, False),
        (lambda owner: owner.timer.deleteLater(), False, False),
        (lambda owner: delattr(owner, "timer"), False, True),
    ],
    ids=["left", "deleted later", "let go of at once"],
)
def test_a_timer_holds_whom_it_calls_until_it_is_destroyed(host, errors_of_slots, end, stays, crashes):
    import gc
    import weakref

    owner = weakref.ref(Owner(end))
    host.process(20)
    gc.collect()
    assert (owner() is not None) is stays
    assert bool(errors_of_slots) is crashes
    errors_of_slots.clear()


def test_a_list_of_the_parameter_node_cannot_be_added_to(host):
    """As Slicer's, which might mean to write the sum."""
    import slicer
    from SynthTrustPanel.parameters import SynthTrustParameterNode

    node = SynthTrustParameterNode(slicer.vtkMRMLScriptedModuleNode())
    for kept in ([], ["T1"]):
        node.contrastsSeen = kept
        assert node.contrastsSeen == kept
        for summands in ((node.contrastsSeen, ["T2"]), (["T2"], node.contrastsSeen)):
            with pytest.raises(NotImplementedError):
                operator.add(*summands)
