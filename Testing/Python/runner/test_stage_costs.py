import json
import os

import pytest

from SynthTrustLib.codec import decode, encode
from SynthTrustLib.runner.process.stage_costs import StageCost, StageCosts, cost_lines


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def run():
    """Stages of 2 and 3 seconds on the clock, of which one core and then two were busy."""
    clock, busy = Seconds(), Seconds()
    costs = StageCosts(clock, busy)
    for stage, wall, cpu in (("read", 2.0, 2.0), ("networks", 1.0, 2.0), ("networks", 2.0, 4.0)):
        costs.begin(stage)
        clock.now += wall
        busy.now += cpu
    return costs


def test_each_stage_has_its_seconds_and_one_that_is_begun_again_goes_on(run):
    assert [(one.stage, one.wall_s, one.cpu_s) for one in run.end()] == [("read", 2.0, 2.0), ("networks", 3.0, 6.0)]


def test_what_has_ended_does_not_grow(run):
    assert run.end() == run.end()


def test_threads_niceness_and_memory_are_those_of_this_process(run):
    for one in run.end():
        assert one.threads >= 1
        assert one.niceness == (os.nice(0) if hasattr(os, "nice") else None)
        assert one.peak_mb is None or 10 < one.peak_mb < 1e6


def test_stages_come_back_from_json(run):
    stages = run.end()
    assert decode(tuple[StageCost, ...], json.loads(json.dumps(encode(stages)))) == stages


def test_the_table_has_a_line_a_stage_and_a_sum():
    lines = cost_lines([StageCost("read", 2.0, 2.5, 4, 0, 700.4), StageCost("maps", 1.0, 2.0, 4, None, None)])
    assert [line.split() for line in lines[1:]] == [
        ["read", "2.00", "2.50", "4", "0", "700"],
        ["maps", "1.00", "2.00", "4", "-", "-"],
        ["together", "3.00", "4.50"],
    ]
