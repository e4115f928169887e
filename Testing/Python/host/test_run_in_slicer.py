"""The script that runs these tests in a real Slicer."""

from __future__ import annotations

import importlib.util
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "run_in_slicer.py"


def test_where_pytest_is_missing_it_says_how_to_get_it_and_installs_nothing(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert runpy.run_path(str(SCRIPT))["main"]([]) == 4
    assert "PythonSlicer -m pip install pytest" in capsys.readouterr().err


@pytest.mark.parametrize("chosen", [[], ["Testing/Python/host/test_panel_look.py", "-x"]])
def test_it_runs_the_panels_tests_or_those_that_are_named(monkeypatch, chosen):
    given = []
    monkeypatch.setattr(pytest, "main", lambda arguments: given.extend(arguments) or 1)
    assert runpy.run_path(str(SCRIPT))["main"](chosen) == 1
    assert given[-1] == (chosen or [str(SCRIPT.parent / "Python" / "host")])[-1]
