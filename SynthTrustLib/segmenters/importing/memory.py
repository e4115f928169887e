"""How much memory a network takes while it runs, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

_PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from SynthTrustLib.segmenters.engines.engine import choose_engine
from SynthTrustLib.segmenters.importing.memory import peak_bytes
from SynthTrustLib.segmenters.package.folder import load_package

package = load_package(Path(sys.argv[1]), verify=False)
engine = choose_engine("auto", [package.card])
batch = engine.batch if len(package.card.adapter.windows.size) == 2 else 1
before = peak_bytes()
network = engine.compile(package, (batch, len(package.card.contrasts), *package.card.adapter.windows.size))
images = np.zeros((batch, len(package.card.contrasts), *package.card.adapter.windows.size), np.float32)
for _ in network.run([images, images]):
    pass
print(peak_bytes() - before)
"""


def peak_bytes() -> int:
    """The most memory that this process has had, where the system tells it (Linux); else 0."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def measure_memory_mb(folder: Path) -> float | None:
    """What the network of a package takes beyond its engine, 10^6 bytes; None where that cannot be measured."""
    command = [sys.executable, "-c", _PROGRAM, str(folder.absolute())]
    root = str(Path(__file__).resolve().parents[3])
    with tempfile.TemporaryFile("w+") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, cwd=root, check=False)
        out.seek(0)
        words = out.read().split()
    if done.returncode or not words or not words[-1].isdigit() or words[-1] == "0":
        return None
    return int(words[-1]) / 1e6
