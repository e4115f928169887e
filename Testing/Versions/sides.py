"""Facts of runs by one version: kept in a file, or had by running a checkout."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from Testing.Versions.differences import Runs
from Testing.Versions.facts import Facts, facts_of
from Testing.Versions.patients import ROOT, Run

ENGINE = "openvino-fp32"
"""The same digits on every processor; by default some compute in bf16."""

STOPPED_WITH_CONCERNS = 3
TO_ACCEPT = "To accept:"
"""After this, the command line names the options that accept all concerns."""

CONCERNS = "concerns"


def run(checkout: Path, one: Run, folder: Path) -> Facts:
    """Assess a patient with the library of `checkout` into `folder`, accepting all concerns, which are facts too."""
    command = [sys.executable, "-m", "SynthTrustLib", "assess", *one.options]
    command += ["--engine", ENGINE, "--keep-probabilities", "--quiet", "--out", str(folder)]
    done = _call(command, checkout)
    accepting = []
    if done.returncode == STOPPED_WITH_CONCERNS:
        accepting = shlex.split(done.stderr.rpartition(TO_ACCEPT)[2])
        done = _call([*command, *accepting], checkout)
    if done.returncode:
        raise SystemExit(f"{one.name}: {done.stderr.strip()}")
    return {CONCERNS: {"accepted": accepting[1::2]}, **facts_of(folder)}


def run_all(checkout: Path, runs: Iterable[Run]) -> Runs:
    """Facts of every run by the library of `checkout`."""
    found = {}
    for one in runs:
        with TemporaryDirectory(prefix="synthtrust-compare-") as folder:
            print(f"{one.name} ...", file=sys.stderr, flush=True)
            found[one.name] = run(checkout, one, Path(folder) / "result")
    return found


@contextmanager
def checkout_of(name: str) -> Iterator[Path]:
    """A folder with the sources: `name` itself if it is one, else a git revision, unpacked while the block runs."""
    if (Path(name) / "SynthTrustLib").is_dir():
        yield Path(name).resolve()
        return
    packed = subprocess.run(["git", "archive", name], cwd=ROOT, capture_output=True)
    if packed.returncode:
        raise SystemExit(f"{name} is neither a file, nor a checkout, nor a git revision")
    with TemporaryDirectory(prefix="synthtrust-revision-") as folder:
        with tarfile.open(fileobj=BytesIO(packed.stdout)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def read_facts(path: Path) -> Runs:
    """What `write_facts` has written."""
    return json.loads(path.read_text("utf-8"))


def write_facts(path: Path, runs: Runs) -> None:
    """One line a fact, so that git shows what has changed."""
    parts = []
    for name, facts in runs.items():
        lines = [f"  {json.dumps(place)}: {json.dumps(fact, ensure_ascii=False)}" for place, fact in facts.items()]
        parts.append(f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8", newline="\n")


def _call(command: list[str], checkout: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, encoding="utf-8")
