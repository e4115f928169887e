"""The workflow for the repository's host, which cannot run here: its form, and that what it calls is there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def jobs() -> dict:
    return yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]


def commands(job: dict) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_the_workflow_follows_the_schema_of_github_workflows():
    pytest.importorskip("check_jsonschema")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW]
    done = subprocess.run(check, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_finds_nothing():
    done = subprocess.run(["actionlint", WORKFLOW], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_the_tests_run_on_three_systems_and_on_the_two_pythons_of_the_readme(jobs):
    matrix = jobs["test"]["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "windows", "macos"}
    assert matrix["python"] == ["3.11", "3.12"]
    assert "${{ matrix.os }}" in jobs["test"]["runs-on"]


def test_what_the_workflow_installs_and_calls_is_there(jobs):
    extras = re.search(r'"\.\[([\w,]+)\]"', commands(jobs["test"]))[1].split(",")
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    assert all(re.search(rf"^{extra} = \[", pyproject, re.MULTILINE) for extra in extras)
    targets = re.findall(r"^make (\w+)", commands(jobs["lint"]), re.MULTILINE)
    assert targets and all(f"\n{target}:" in (ROOT / "Makefile").read_text("utf-8") for target in targets)
    assert (ROOT / ".ci" / "system-libraries").is_file()


def test_every_test_is_called_for_once_here_and_on_the_host(jobs):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    called = re.findall(r"^make ([\w-]+)|^exec make ([\w-]+)", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    recipes = [makefile.split(f"\n{''.join(target)}:")[1].split("\n\n")[0] for target in called]
    expected = ["not slow", "slow"]
    assert [re.search(r'\$\(PYTEST\) -m "?([\w ]+)"?$', recipe)[1] for recipe in recipes] == expected
    assert re.findall(r'python -m pytest .* -m "?([\w ]+)"?$', commands(jobs["test"]), re.MULTILINE) == expected


def test_slicer_runs_the_self_test_as_its_own_test_macro_does(jobs):
    assert "SynthTrust.py" in (ROOT / "SynthTrust" / "CMakeLists.txt").read_text("utf-8")
    lines = commands(jobs["slicer"]).replace("\\\n", " ").splitlines()
    words = shlex.split(next(line for line in lines if "--python-code" in line))
    code = words[words.index("--python-code") + 1]
    compile(code, "python-code", "exec")
    assert "slicer.testing.runUnitTest(" in code and "'SynthTrust')" in code


def test_lint_and_the_hooks_before_a_commit_check_the_same():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lint = set(re.findall(r"^\t\$\(BIN\)/([\w-]+)", makefile.split("\nlint:")[1].split("\n\n")[0], re.MULTILINE))
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    assert lint == {"ruff", "codespell", "mypy", "lint-imports"}
    assert lint <= {Path(hook["entry"].split()[0]).name for hook in hooks}
