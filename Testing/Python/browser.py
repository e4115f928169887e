"""A page in headless Chromium: what a script sees and does in it. Nothing is installed for it."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

LONGEST_SECONDS = 600
"""On a machine that does other things as well."""

_SEEN = re.compile(r'<pre id="what-was-seen">(.*?)</pre>', re.DOTALL)


def find_browser() -> str | None:
    """The program, where there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def drive(page: Path, script: str) -> Any:
    """Open a page, run `script` in it once everything is loaded, and give back what it returns, as JSON holds it.

    The script is the body of a function. It runs in a copy of the page beside it, so that links lead where they did.
    """
    beside = page.with_name(f"driven-{page.name}")
    told = (
        "<script>addEventListener('load', function () {"
        f"var seen = (function () {{ {script} }})(), pre = document.createElement('pre');"
        "pre.id = 'what-was-seen'; pre.textContent = JSON.stringify(seen); document.body.append(pre); });</script>"
    )
    beside.write_text(page.read_text("utf-8").replace("</body>", f"{told}</body>"), "utf-8")
    try:
        said = dump(beside)
    finally:
        beside.unlink()
    found = _SEEN.search(said)
    assert found, f"the script did not get to its end: {said[-500:]}"
    return json.loads(html.unescape(found[1]))


def dump(page: Path) -> str:
    """The page as it stands after it was loaded."""
    browser = find_browser()
    assert browser, "there is no Chromium"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}"]
        options += [
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            "--window-size=1400,900",
        ]
        options += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [browser, *options, "--dump-dom", page.absolute().as_uri()]
        run = subprocess.run(command, capture_output=True, timeout=LONGEST_SECONDS, check=False)
    assert run.returncode == 0, run.stderr.decode("utf-8", "replace")[-500:]
    return run.stdout.decode("utf-8")
