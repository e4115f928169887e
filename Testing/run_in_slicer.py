"""Run the panel's tests (Testing/Python/host) with pytest inside a real Slicer.

    Slicer --testing --no-splash --ignore-slicerrc --disable-cli-modules --additional-module-path SynthTrust \
        --python-script Testing/run_in_slicer.py [arguments of pytest]

Slicer does not bring pytest, and this script installs nothing: where pytest is missing it says how to get it. Slicer
ends with pytest's exit code. Tests of what only the stand-in has are skipped, and say so.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path

import slicer

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "Testing" / "Python" / "host"
MISSING = """pytest is not installed in this Slicer. Install it and what the tests make segmenters with:
    PythonSlicer -m pip install pytest onnx"""
CANNOT_START = 4


def main(arguments: list[str]) -> int:
    """Run the tests; returns the exit code."""
    if importlib.util.find_spec("pytest") is None:
        print(MISSING, file=sys.stderr)
        return CANNOT_START
    import pytest

    chosen = [argument for argument in arguments if ".py" in argument]
    settings = ["-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    return int(pytest.main([*settings, *arguments, *([] if chosen else [str(TESTS)])]))


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except BaseException:
        traceback.print_exc()
        code = CANNOT_START
    slicer.util.exit(code)
