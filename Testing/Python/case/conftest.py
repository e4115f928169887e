"""Heads and files that the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import builders
import numpy as np
import pytest
from case_heads import HEAD_SHAPE, HEAD_SPACING

from SynthTrustLib.case.geometry import Geometry


@pytest.fixture
def head_grid() -> Geometry:
    """The grid of `make_head()` at its default shape: an adult's size."""
    return builders.grid(HEAD_SHAPE, HEAD_SPACING, origin=(80.0, 90.0, -70.0))


@pytest.fixture
def write_image(tmp_path: Path) -> Callable[..., Path]:
    """Write an array (k, j, i) on a grid under a file name, and return its path."""

    def write(name: str, array: np.ndarray, geometry: Geometry | None = None) -> Path:
        import SimpleITK as sitk

        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        geometry = geometry or builders.grid(array.shape)
        sitk.WriteImage(geometry.to_sitk(array), str(path), useCompression=not name.endswith(".nii"))
        return path

    return write


@pytest.fixture
def ramp() -> np.ndarray:
    """A small int16 volume whose voxels all differ."""
    return np.arange(10 * 9 * 8, dtype=np.int16).reshape(10, 9, 8)
