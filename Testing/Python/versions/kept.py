"""The files that an earlier version has written, and how they may be refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from SynthTrustLib.errors import SynthTrustError
from Testing.Versions.compare import INTENDED
from Testing.Versions.differences import Difference, Runs, read_intended
from Testing.Versions.patients import KEPT, VERSION
from Testing.Versions.sides import read_facts

FOLDER = KEPT / VERSION
LONGEST = 200

T = TypeVar("T")


def facts() -> Runs:
    """What the version said of the sample patient."""
    return read_facts(FOLDER / "facts.json")


def record(name: str) -> dict[str, Any]:
    """A kept JSON file."""
    return json.loads((FOLDER / name).read_text("utf-8"))


def opened(name: str, read: Callable[[], T]) -> T:
    """What `read` makes of the kept file `name`.

    A file may be refused where that is intended, with one clear error; then the test that asked for it is skipped.
    """
    try:
        return read()
    except SynthTrustError as error:
        refusal = Difference("kept", name, "opens", True, False)
        if not any(entry.covers(refusal) for entry in read_intended(INTENDED)):
            raise
        assert error.what and error.next_step.endswith("."), "it says what is wrong and what to do"
        assert len(str(error)) <= LONGEST, "in a sentence"
        pytest.skip(f"refused, as intended: {error}")
