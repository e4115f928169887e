"""Comprehension: what the maker of a synthetic set has written down about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ITEMS = (
    "method",
    "version",
    "seed",
    "source_data",
    "preprocessing",
    "intended_use",
    "not_intended_for",
    "privacy_method",
    "code",
)
"""The items of the scorecard, as keys of a set's ``set.json`` under ``documentation``."""


def comprehension(record: Mapping[str, Any]) -> dict[str, Any]:
    """Yes or no per item, what was written, and how many of them are there; `record` is a set's ``set.json``."""
    documentation = record.get("documentation", {})
    items = {
        item: {"documented": bool(str(documentation.get(item, "")).strip()), "text": documentation.get(item)}
        for item in ITEMS
    }
    return {"items": items, "documented": sum(entry["documented"] for entry in items.values()), "of": len(ITEMS)}
