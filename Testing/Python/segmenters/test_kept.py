"""Networks that stay from one patient to the next."""

from __future__ import annotations

from types import SimpleNamespace

from SynthTrustLib.segmenters.engines.kept import KeptNetworks
from SynthTrustLib.segmenters.package.card import MODEL_FILE

SMALL, LARGE = (2, 12, 8, 8), (2, 12, 16, 16)


def package(digest):
    return SimpleNamespace(card=SimpleNamespace(hashes={MODEL_FILE: digest}))


class Engine:
    name, batch, compiles_ahead = "counting", 2, False

    def __init__(self):
        self.compiled = []

    def compile(self, package, shape):
        self.compiled.append((package.card.hashes[MODEL_FILE], shape))
        return object()


def test_a_network_is_compiled_once_for_a_model_and_shape():
    engine = Engine()
    kept = KeptNetworks(engine)
    first = kept.compile(package("a"), SMALL)
    assert kept.compile(package("b"), SMALL) is not first
    assert kept.compile(package("a"), SMALL) is first
    assert engine.compiled == [("a", SMALL), ("b", SMALL)]
    assert (kept.name, kept.batch) == ("counting", 2)


def test_of_each_model_only_the_latest_shape_is_kept():
    engine = Engine()
    kept = KeptNetworks(engine)
    for shape in (SMALL, LARGE, LARGE, SMALL):
        kept.compile(package("a"), shape)
    assert [shape for _, shape in engine.compiled] == [SMALL, LARGE, SMALL]
