"""The installed extension is complete, and works without the source checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HOST = ROOT / "Testing" / "Host"


ON_ITS_OWN = """
import sys
# An installation that can be edited would lend the checkout's laboratory to the installed library.
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
from SynthTrustLib.cli import main
sys.exit(main(sys.argv[1:]))
"""


def files(folder: Path) -> set[str]:
    """Files below a folder as CMake should have installed them: no caches, no pictures of the README, no laboratory."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    left_out = {"__pycache__", "Screenshots", "mixes", "Study"}
    return {name.as_posix() for name in names if not left_out & set(name.parts) and not name.name.startswith(".")}


def test_the_installed_tree_holds_the_module_the_library_and_the_resources_byte_for_byte(extension):
    expected = {f"SynthTrustLib/{name}": ROOT / "SynthTrustLib" / name for name in files(ROOT / "SynthTrustLib")}
    expected |= {f"Resources/{name}": ROOT / "Resources" / name for name in files(ROOT / "Resources")}
    expected |= {name: ROOT / "SynthTrust" / name for name in files(ROOT / "SynthTrust") if name != "CMakeLists.txt"}
    assert files(extension.modules) == set(expected)
    for name, source in expected.items():
        assert (extension.modules / name).read_bytes() == source.read_bytes(), name


def test_without_the_laboratory_the_installed_command_says_so_and_calibrates(extension, tmp_path):
    assert not (extension.modules / "SynthTrustLib" / "mixes").exists()
    assert not (extension.modules / "Resources" / "Study").exists()

    def command(*arguments: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"PYTHONPATH": str(extension.modules)}
        run = [sys.executable, "-P", "-c", ON_ITS_OWN, *arguments]
        return subprocess.run(run, capture_output=True, text=True, timeout=300, cwd=tmp_path, env=environment)

    for arguments in (["mixes"], ["mixes", "train", "plan.yaml"]):
        said = command(*arguments)
        assert said.returncode == 2
        (line,) = said.stderr.splitlines()
        assert "the laboratory (synthtrust mixes): it is not installed with the Slicer extension." in line
    for name in ("calibrate", "evaluate"):
        assert command("trust", name, "--help").returncode == 0
    # The installed library is the one that runs.
    refused = command("trust", "calibrate", "--cases", "nobody", "--work", "work", "--out", "out.json")
    assert "nobody: this folder of labelled cases does not exist." in refused.stderr
    for path in (extension.modules / "SynthTrustLib").rglob("*.py"):
        if path.name != "cli.py":
            assert "SynthTrustLib.mixes" not in path.read_text("utf-8"), path


def test_slicer_would_run_the_self_test_and_the_generic_test(extension):
    listing = "".join(path.read_text("utf-8") for path in extension.build.rglob("CTestTestfile.cmake"))
    assert set(re.findall(r"add_test\(\[?=?\[?(\w+)", listing)) == {
        "py_SynthTrust",
        "py_nomainwindow_qSlicerSynthTrustModuleGenericTest",
    }


@pytest.fixture(params=["installed", "source"])
def tree(request) -> Path:
    """The folder of the module file."""
    if request.param == "source":
        return ROOT / "SynthTrust"
    return request.getfixturevalue("extension").modules


def test_the_module_finds_its_library_and_resources(tree, tmp_path):
    pytest.importorskip("trame_slicer")
    script = Path(__file__).with_name("found_by_the_module.py")
    # Only the module's own folder is on Slicer's path. What is not there must not be found through this checkout.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", script, tree / "SynthTrust.py", HOST],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        env=environment | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    base = tree if (tree / "Resources").is_dir() else ROOT
    assert [Path(found[name]).parent for name in ("module", "library", "panel")] == [
        tree,
        base / "SynthTrustLib",
        tree / "SynthTrustPanel",
    ]
    assert found["resources"] == [str(base / "Resources")] * 2
    assert found["icon"]
    assert found["ui"] == "SynthTrust"
    assert found["schemas"] == sorted(path.name for path in (ROOT / "Resources" / "Schemas").iterdir())
    packages = [path for path in (ROOT / "Resources" / "Segmenters").iterdir() if path.is_dir()]
    assert len(found["segmenters"]) == len(packages) > 0
    assert found["self_test"] == ["SynthTrustTest.runTest"]
    assert found["sample_patient"] == ["FLAIR", "T1", "T1c", "T2"]
