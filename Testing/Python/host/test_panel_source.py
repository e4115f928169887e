"""The panel asks of Qt only what PythonQt can do; PySide6, which stands in for it, can do more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.standin
PANEL = Path(__file__).resolve().parents[3] / "SynthTrust"


def beyond_pythonqt(source: str) -> list[str]:
    """What PythonQt refuses or has under another name: keywords, scoped values of enumerations, Qt classes as bases."""
    methods = methods_of_qt()
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.keywords:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if is_qt(node.func) or (name != name.lower() and name in methods):  # "format" or "start" may be anybody's
                found.append(ast.unparse(node))
        elif isinstance(node, ast.ClassDef):
            found += [ast.unparse(base) for base in node.bases if is_qt(base)]
        elif isinstance(node, ast.Attribute) and is_qt(node) and ast.unparse(node).count(".") > 2:
            found.append(ast.unparse(node))
    return found


def is_qt(node: ast.expr) -> bool:
    return ast.unparse(node).partition(".")[0] == "qt"


def methods_of_qt() -> set[str]:
    from PySide6 import QtCore, QtGui, QtWidgets

    classes = [getattr(room, name) for room in (QtCore, QtGui, QtWidgets) for name in dir(room) if name[0] == "Q"]
    return {name for kind in classes if isinstance(kind, type) for name in dir(kind)}


@pytest.mark.parametrize("path", sorted(PANEL.rglob("*.py")), ids=lambda path: path.stem)
def test_the_panel_asks_of_qt_only_what_pythonqt_can_do(path):
    assert beyond_pythonqt(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ["qt.QTimer(parent=panel)", "form.addWidget(one, stretch=1)", "qt.Qt.CheckState.Checked", "class A(qt.QLabel): 0"],
)
def test_what_pythonqt_cannot_do_is_found(source):
    assert len(beyond_pythonqt(source)) == 1
