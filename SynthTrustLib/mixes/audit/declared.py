"""What the makers of a set have written down beside it: who made it, how, from what, and under which licence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BIDS = {"Name": "name", "License": "licence", "SourceDatasets": "source", "GeneratedBy": "generator"}
"""Fields of BIDS' ``dataset_description.json``, and ours."""

_LICENCE_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "COPYING")


def declared(source: Path) -> dict[str, Any]:
    """``name``, ``licence``, ``source``, ``generator`` and ``documentation``, as far as they are written down.

    Read from ``set.json`` (ours: ``documentation`` holds the items of `comprehension.ITEMS`), else from
    ``dataset_description.json`` (BIDS), beside or below which the cases lie; and from a licence file's first line.
    """
    folder = source if source.is_dir() else source.parent
    found: dict[str, Any] = {}
    bids = _json(folder / "dataset_description.json")
    found |= {ours: _words(bids[theirs]) for theirs, ours in _BIDS.items() if bids.get(theirs)}
    own = _json(folder / "set.json")
    found |= {name: _words(own[name]) for name in ("name", "licence", "source", "generator") if own.get(name)}
    documentation = own.get("documentation")
    if isinstance(documentation, dict):
        found["documentation"] = {str(item): _words(text) for item, text in documentation.items()}
    if "licence" not in found:
        for name in _LICENCE_FILES:
            if (folder / name).is_file():
                lines = _text(folder / name).strip().splitlines()
                found["licence"] = lines[0].strip()[:200] if lines else name
                break
    return found


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _words(value: Any) -> str:
    """A BIDS field as a text: lists of objects (``Name``, ``URL``) become their names."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    if isinstance(value, dict):
        return str(value.get("Name") or value.get("URL") or value.get("DOI") or "")
    return "" if value is None else str(value)
