"""Networks compiled one ahead: same answers, same errors, never more than one too many."""

from __future__ import annotations

import threading

import builders
import pytest

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.engines.ahead import CompilingAhead
from SynthTrustLib.segmenters.package.folder import SegmenterPackage

SLICES, WINDOW = (2, 12, 64, 64), (1, 4, 32, 32, 32)


class Engine:
    name, batch, compiles_ahead = "made up", 2, False

    def __init__(self) -> None:
        self.compiled: list[tuple[str, bool]] = []  # of whom, and whether beside the main thread

    def compile(self, package, shape):
        name = package.card.id
        self.compiled.append((name, threading.current_thread() is not threading.main_thread()))
        if name == "broken":
            raise SegmenterError("it is broken", source=name, next_step="Leave it out.")
        return f"{name} {shape}"


def packages(tmp_path, *names: str) -> list[SegmenterPackage]:
    return [SegmenterPackage(builders.card(name), tmp_path / name, tmp_path / name / "model.onnx") for name in names]


def test_each_network_is_compiled_once_and_all_but_the_first_beside_the_main_thread(tmp_path):
    engine, all_of_them = Engine(), packages(tmp_path, "a", "b", "c")
    with CompilingAhead(engine, all_of_them) as ahead:
        assert [ahead.compile(one, SLICES) for one in all_of_them] == [f"{name} {SLICES}" for name in "abc"]
    assert engine.compiled == [("a", False), ("b", True), ("c", True)]


def test_another_shape_than_expected_is_compiled_as_asked(tmp_path):
    first, second = packages(tmp_path, "a", "b")
    with CompilingAhead(Engine(), [first, second]) as ahead:
        ahead.compile(first, SLICES)
        assert ahead.compile(second, (2, 12, 96, 96)) == "b (2, 12, 96, 96)"


def test_what_is_wrong_with_the_next_one_is_said_when_it_is_asked_for(tmp_path):
    first, second = packages(tmp_path, "a", "broken")
    with CompilingAhead(Engine(), [first, second]) as ahead:
        assert ahead.compile(first, SLICES)
        with pytest.raises(SegmenterError, match="it is broken"):
            ahead.compile(second, SLICES)


def test_networks_of_windows_are_compiled_one_at_a_time(tmp_path):
    engine, both = Engine(), packages(tmp_path, "a", "b")
    with CompilingAhead(engine, both) as ahead:
        for one in both:
            ahead.compile(one, WINDOW)
    assert engine.compiled == [("a", False), ("b", False)]
