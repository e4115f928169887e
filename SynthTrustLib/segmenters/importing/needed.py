"""Packages that only importing needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from SynthTrustLib.errors import SegmenterError


def needed(module: str) -> Any:
    """The module of that name, or a sentence that says how to install it.

    Raises SegmenterError if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        raise SegmenterError(
            f"importing it needs {package}, which is not installed",
            source="segmenters import",
            next_step='Install what importing needs: pip install "synthtrust[import]".',
        ) from error
