"""The extension as CMake builds and installs it, against the stand-in for Slicer's build in Testing/CMake."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Extension:
    """A configured extension: its build folder, and the folder of the installed modules."""

    build: Path
    modules: Path

    def metadata(self) -> dict[str, str]:
        lines = (self.build / "metadata.txt").read_text("utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


def cmake(*arguments: object) -> str:
    """Run cmake; what it said."""
    done = subprocess.run(["cmake", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def extension(tmp_path_factory) -> Extension:
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    folder = tmp_path_factory.mktemp("extension")
    build, prefix = folder / "build", folder / "installed"
    cmake("-S", ROOT, "-B", build, "-D", f"Slicer_DIR={ROOT / 'Testing' / 'CMake'}", "-D", "BUILD_TESTING=ON")
    cmake("--install", build, "--prefix", prefix, "--component", "RuntimeLibraries")
    return Extension(build, prefix / "lib" / "Slicer-5.12" / "qt-scripted-modules")
