"""What Docs/architecture.md says about adding things is true, followed word for word."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from segmenters import patch_models

ROOT = Path(__file__).resolve().parents[3]
SHELL = "sh"


def steps(heading: str) -> list[tuple[str, str]]:
    """The language and the text of every block of code below a heading, in order."""
    text = (ROOT / "Docs" / "architecture.md").read_text("utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```(\w+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@pytest.fixture
def follow(tmp_path, monkeypatch):
    """Runs a block in a folder that looks like a checkout, with `synthtrust` on the path."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = tmp_path / "bin" / "synthtrust"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m SynthTrustLib "$@"\n', "utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "Resources").symlink_to(ROOT / "Resources")

    def follow(language: str, text: str) -> None:
        assert language == SHELL
        done = subprocess.run(["sh", "-e", "-c", text], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    return follow


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="follows the recipe in a POSIX shell")
def test_a_segmenter_that_is_added_as_it_is_said_runs(follow, tmp_path):
    (recipe,) = steps("Add a segmenter")
    network = patch_models.linear([[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0]], [1, 0, 0, 0], (32, 32, 32))
    (tmp_path / "my-model.onnx").write_bytes(network)  # labels 0 to 3, from what is bright in which contrast
    follow(*recipe)
    scorecard = json.loads((tmp_path / "result" / "scorecard.json").read_text("utf-8"))
    assert {card["id"] for card in scorecard["segmenters"]} == {"real-only", "my-segmenter"}
    volumes = {row["key"]: row["value"] for row in scorecard["rows"]}
    assert volumes["volume.WT.my-segmenter"] > volumes["volume.ET.my-segmenter"] > 0


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="follows the recipe in a POSIX shell")
def test_a_task_that_is_added_as_it_is_said_runs(follow, tmp_path):
    (recipe,) = steps("Add a task")
    (tmp_path / "my-model.onnx").write_bytes(patch_models.linear([[0], [1]], [1, 0], (32, 32, 32)))  # bright is label 1
    follow(*recipe)
    scorecard = json.loads((tmp_path / "result" / "scorecard.json").read_text("utf-8"))
    assert scorecard["task"]["id"] == "lesions"
    volumes = {row["key"]: row["value"] for row in scorecard["rows"]}
    assert volumes["volume.WML.my-segmenter"] > 0
