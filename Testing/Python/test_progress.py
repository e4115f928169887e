"""Work in pieces, and beside the caller."""

from __future__ import annotations

import threading

import pytest

from SynthTrustLib.errors import Cancelled, InputError
from SynthTrustLib.progress import finish, in_background


def test_work_in_the_background_returns_its_result_and_lets_the_caller_do_other_things():
    steps = in_background(lambda progress: threading.current_thread())
    assert next(steps) == 0.0, "its caller has a turn, however quick the work is"
    assert finish(steps) is not threading.main_thread()


def test_it_tells_how_far_it_is():
    told, go_on = threading.Event(), threading.Event()

    def work(progress):
        progress("counting", 0.5)
        told.set()
        assert go_on.wait(10)
        return "counted"

    steps = in_background(work)
    next(steps)
    assert told.wait(10) and next(steps) == 0.5
    go_on.set()
    assert finish(steps) == "counted"


def test_its_error_is_the_callers():
    def work(progress):
        raise InputError("it is damaged", source="a file", next_step="Copy it again.")

    with pytest.raises(InputError, match="damaged"):
        finish(in_background(work))


def test_who_stops_waits_until_it_has_stopped():
    heard = []

    def work(progress):
        try:
            while True:
                progress("counting", 0.1)
        except Cancelled:
            heard.append("stopped")
            raise

    steps = in_background(work)
    next(steps)
    steps.close()
    assert heard == ["stopped"]
