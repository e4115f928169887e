"""What runs of the whole assessment share."""

from __future__ import annotations

import pytest


@pytest.fixture
def no_pictures(monkeypatch):
    """For runs whose pictures nobody looks at: drawing them takes longer than all the rest."""
    monkeypatch.setattr("SynthTrustLib.report.pictures.draw_pictures", lambda *_: {})
