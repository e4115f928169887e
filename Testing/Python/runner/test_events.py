"""Events as lines of text."""

from __future__ import annotations

import json
import random

import pytest

from SynthTrustLib.runner.process.events import (
    LINE_LIMIT,
    Concerned,
    Failed,
    Finished,
    Noted,
    Progressed,
    Started,
    from_line,
    to_line,
)

EVENTS = [
    Started(7, "/results/.out.partial-12"),
    Progressed("running the segmenters", 0.5, 0.25, 12.5),
    Progressed("reading T1", 0, 0, None),
    Noted('T1c: "größer" \\ 頭.nii.gz\nsecond line'),
    Concerned("missing:T1c", "T1c: missing, although one image that may be it was found: 頭.nii"),
    Finished("C:\\results\\out"),
    Failed("input", "the file is truncated", "t1.nii.gz", "Copy it again."),
    Failed("unexpected", "what", "source", "step", "Traceback\n  line"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_its_line_and_the_line_is_ascii_without_breaks(event):
    line = to_line(event)
    assert line.isascii()
    assert "\n" not in line
    assert from_line(line) == event


def test_an_event_is_found_behind_a_librarys_warning_and_before_chatter():
    line = to_line(Noted("a"))
    assert from_line(f"[ WARN ] no newline at the end{line} and more\n") == Noted("a")


def test_a_traceback_is_cut_so_that_a_line_fits_into_one_atomic_write():
    line = to_line(Failed("unexpected", "w" * 300, "s", "n", "\n" * 100_000 + "last words"))
    assert len(line) <= LINE_LIMIT
    assert from_line(line).details.endswith("last words")


@pytest.mark.parametrize(
    "event",
    [
        Noted("頭" * 5000),
        Concerned("missing:T1c", "😀" * 5000),
        Failed("input", "頭" * 5000, "頭" * 5000, "\n" * 5000, "頭" * 5000),
    ],
    ids=lambda event: type(event).__name__,
)
def test_texts_of_any_length_fit_into_one_atomic_write_and_keys_stay_whole(event):
    line = to_line(event)
    assert len(line) <= LINE_LIMIT
    back = from_line(line)
    assert type(back) is type(event)
    assert getattr(back, "key", "missing:T1c") == "missing:T1c"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "@synthtrust",
        "@synthtrust ",
        "@synthtrust null",
        "@synthtrust []",
        "@synthtrust 3",
        '@synthtrust {"event": null}',
        '@synthtrust {"event": []}',
        '@synthtrust {"event": "nonsense"}',
        '@synthtrust {"event": "result"}',
        '@synthtrust {"event": "result", "folder": 3}',
        '@synthtrust {"event": "result", "folder": "x", "more": 1}',
        '@synthtrust {"event": "note", "text": null}',
        '@synthtrust {"event": "progress", "stage": "s", "fraction": "half", "overall": 0.5}',
        '@synthtrust {"event": "progress", "stage": "s", "fraction": true, "overall": 0.5}',
        '@synthtrust {"event": "progress", "stage": "s", "fraction": 0.5, "overall": 1.5}',
        '@synthtrust {"event": "progress", "stage": "s", "fraction": 0.5',
        "@synthtrust " + "[" * 100_000,
        "\ufffd\ufffd@synthtrust \ufffd{}",
    ],
)
def test_what_is_not_a_whole_event_is_chatter(line):
    assert from_line(line) is None


def test_a_line_cut_anywhere_is_never_taken_for_an_event():
    for event in EVENTS:
        line = to_line(event)
        assert all(from_line(line[:length]) is None for length in range(len(line)))


def test_random_damage_never_raises_and_never_makes_an_event_of_the_wrong_type():
    draw = random.Random(1)
    for _ in range(5000):
        raw = bytearray(to_line(draw.choice(EVENTS)).encode())
        for _ in range(draw.randint(1, 6)):
            place = draw.randrange(len(raw))
            raw[place : place + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3))
        event = from_line(raw.decode("utf-8", errors="replace"))
        if event is not None:
            assert from_line(to_line(event)) == event


def test_what_a_parent_of_another_language_needs_is_in_the_record():
    prefix, _, text = to_line(EVENTS[1]).partition(" ")
    assert prefix == "@synthtrust"
    assert json.loads(text) == {
        "event": "progress",
        "stage": "running the segmenters",
        "fraction": 0.5,
        "overall": 0.25,
        "seconds_left": 12.5,
    }
