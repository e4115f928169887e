"""One bar out of the progress of many rooms."""

from __future__ import annotations

import random

import pytest

from SynthTrustLib.runner.process.pace import Pace


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_phases_share_the_whole_by_weight():
    steps = []
    pace = Pace({"read": 1.0, "run": 3.0}, steps.append)
    pace.phase("read")("reading", 1.0)
    pace.phase("run")("running", 1 / 3)
    pace.phase("run")("running", 1.0)
    assert [step.overall for step in steps] == pytest.approx([0.25, 0.5, 1.0])


def test_it_never_goes_backwards_whatever_the_rooms_say():
    draw = random.Random(2)
    steps = []
    clock = Clock()
    pace = Pace({"a": 1, "b": 2, "c": 1}, steps.append, clock)
    for _ in range(2000):
        clock.now += draw.uniform(0, 0.3)
        pace.phase(draw.choice("abc"))(draw.choice(["x", "y"]), draw.uniform(-0.5, 1.5))
    overall = [step.overall for step in steps]
    assert overall == sorted(overall)
    assert 0 <= overall[0] <= overall[-1] <= 1
    assert all(0 <= step.fraction <= 1 for step in steps)


def test_the_time_left_follows_from_the_time_taken():
    steps = []
    clock = Clock()
    pace = Pace({"all": 1.0}, steps.append, clock)
    progress = pace.phase("all")
    clock.now = 0.5
    progress("s", 0.1)
    clock.now = 10.0
    progress("s", 0.25)
    assert steps[0].seconds_left is None
    assert steps[1].seconds_left == pytest.approx(30.0)


def test_a_room_that_tells_too_often_is_thinned_out_but_its_end_is_told():
    steps = []
    clock = Clock()
    progress = Pace({"all": 1.0}, steps.append, clock).phase("all")
    for n in range(1001):
        clock.now += 0.001
        progress("s", n / 1000)
    assert len(steps) < 20
    assert steps[-1].overall == 1.0
