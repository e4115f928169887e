"""A hash of what something was made from, so that it is made again only when that changes."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint(content: Any) -> str:
    """SHA-256 of JSON values, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def digest(content: Any) -> str:
    """The first 24 digits of the `fingerprint`: enough for the name of a file."""
    return fingerprint(content)[:24]
