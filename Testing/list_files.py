"""The lists of files that CMake installs: ``python Testing/list_files.py [--write]`` compares them, or renews them.

A file that CMake does not list is missing after installation, without a word.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "Files.cmake"
IGNORED = {"__pycache__", "Screenshots"}
"""Caches, and the pictures of the README, which nobody needs after installation."""
LABORATORY = ("SynthTrustLib/mixes", "Resources/Study")
"""The laboratory and its study: for the source checkout and the package that pip installs, not for Slicer."""
HEADER = "# Written by: python Testing/list_files.py --write\n"


def files(folder: str, pattern: str = "*") -> list[str]:
    """Files below a folder of the repository, relative to the root, sorted; not those that are hidden or left out."""
    found = [path.relative_to(ROOT) for path in (ROOT / folder).rglob(pattern) if path.is_file()]
    return sorted(
        path.as_posix()
        for path in found
        if not any(part in IGNORED or part.startswith(".") for part in path.parts)
        and not any(path.is_relative_to(part) for part in LABORATORY)
    )


def lists() -> dict[str, list[str]]:
    """CMake variable -> files. Those of the module are relative to its own folder."""
    library = files("SynthTrustLib")
    return {
        "SynthTrust_LIBRARY_SCRIPTS": [name for name in library if name.endswith(".py")],
        "SynthTrust_LIBRARY_DATA": [name for name in library if not name.endswith(".py")],
        "SynthTrust_RESOURCES": files("Resources"),
        "SynthTrust_MODULE_SCRIPTS": [name.removeprefix("SynthTrust/") for name in files("SynthTrust", "*.py")],
    }


def text() -> str:
    """Files.cmake as it should be."""
    parts = [HEADER]
    for name, members in lists().items():
        lines = "".join(f'  "{member}"\n' for member in members)
        parts.append(f"set({name}\n{lines})\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """0 if the lists are as they should be (or have been written), 1 otherwise."""
    wanted = text()
    if "--write" in arguments:
        LISTS.write_text(wanted, "utf-8", newline="\n")
        return 0
    if not LISTS.is_file() or LISTS.read_text("utf-8") != wanted:
        print("Files.cmake is not what is on disk; run: python Testing/list_files.py --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
