"""Sets on disk that are audited."""

from __future__ import annotations

import shutil

import pytest
from mixes.heads_for_tests import heads, write


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Folders of six synthetic and of six real patients, which nobody may change; `work`: what was measured of them."""
    folder = tmp_path_factory.mktemp("kept")
    for prefix, seed in (("s", 3), ("r", 2)):
        for entry in heads(6, seed, prefix):
            write(entry, folder / prefix / entry.id)
    return folder


@pytest.fixture
def on_disk(kept, tmp_path):
    """A copy of the folders."""
    for name in ("s", "r"):
        shutil.copytree(kept / name, tmp_path / name)
    return tmp_path
