"""AGENTS.md: an agent that follows it word for word gets the answer; nothing in it is stale."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from SynthTrustLib import cli

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "AGENTS.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_it_is_short():
    assert len(PAGE.splitlines()) < 60


def test_every_option_and_file_that_it_names_exists(capsys):
    assert cli.main(["assess", "--help"]) == 0
    told = capsys.readouterr().out
    options = set(re.findall(r"--[a-z][a-z0-9-]+", PAGE)) - {"--help"}
    assert {option for option in options if not re.search(rf"{option}\b", told)} == set()
    files = [*re.findall(r"\]\(([^)]+)\)", PAGE), *re.findall(r"`((?:Resources|Docs)/[^`]+)`", PAGE)]
    assert len(files) == 3 and [name for name in files if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_following_it_word_for_word_gives_statuses_and_rows(tmp_path):
    """The commands as they stand there, in a folder that shows what a checkout shows."""
    (tmp_path / "Resources").symlink_to(ROOT / "Resources")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "synthtrust"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m SynthTrustLib "$@"\n')
    command.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    (run,) = blocks("sh")
    subprocess.run(["sh", "-e", "-c", run], cwd=tmp_path, env=environment, check=True, timeout=500)
    (read,) = blocks("python")
    told = subprocess.run(
        [sys.executable, "-c", read], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout
    for region in ("WT", "TC", "ET"):
        assert re.search(rf"^{region} (agree|check|do not rely|unknown) \w", told, flags=re.MULTILINE)
        assert f"volume.{region}.pooled" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Resources", "answer.json", "bin", "result"]
