"""How long work tells its caller how far it is, and how it learns that it should stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the stage in words for the user, and how much of that stage is done (0..1).

    Raises Cancelled when the user has asked to stop: callers of a long loop call it often and let it through.
    """

    def __call__(self, stage: str, fraction: float) -> None: ...


def silent(stage: str, fraction: float) -> None:
    """Progress for callers that do not care."""
