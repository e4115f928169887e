"""What makes an audit quick changes no answer."""

from __future__ import annotations

from threading import Barrier

import numpy as np
import pytest
from builders import ball
from mixes.heads_for_tests import heads
from scipy import ndimage

from SynthTrustLib.errors import InputError
from SynthTrustLib.mixes.audit import audit_given, thumbnail
from SynthTrustLib.mixes.audit.case_measures import measure_sample
from SynthTrustLib.mixes.audit.features import dilated
from SynthTrustLib.mixes.audit.given_case import Given, GivenCase
from SynthTrustLib.mixes.audit.look_alikes import _smooth_samples, head_picture
from SynthTrustLib.mixes.audit.plausible import _without_holes


@pytest.mark.parametrize("sigma", [0.0, 1.3])
def test_samples_of_a_smoothed_line_are_those_of_scipy(sigma):
    line = np.random.default_rng(1).standard_normal((31, 1)).astype(np.float32)
    places = np.array([-0.5, 0.0, 3.25, 17.9, 30.0, 30.2])
    smooth = ndimage.gaussian_filter1d(line, sigma, axis=0) if sigma else line
    expected = ndimage.map_coordinates(smooth[:, 0], places[None], order=1)
    np.testing.assert_allclose((_smooth_samples(31, places, sigma) @ line)[:, 0], expected, atol=1e-5)


def test_a_head_shows_in_its_picture_where_it_lies():
    (entry,) = heads(1, 1, "t")
    picture = head_picture(entry)
    assert picture.shape == (4, *thumbnail.SHAPE)
    # Upright and not exchanged: a plain reduction of the head's box is much like it.
    box = ndimage.find_objects(np.any(entry.image > 0, axis=0).astype(np.uint8))[0]
    plain = thumbnail.reduce(entry.image[1][box].astype(np.float32))
    assert np.corrcoef(picture[1].ravel(), plain.ravel())[0, 1] > 0.8


def test_a_part_of_the_volume_is_dilated_and_filled_as_the_whole_is():
    shell = ball((20, 24, 22), (3, 5, 18), 6) & ~ball((20, 24, 22), (3, 5, 18), 3)
    element = np.ones((1, 3, 3), bool)
    np.testing.assert_array_equal(dilated(shell, element, 3), ndimage.binary_dilation(shell, element, iterations=3))
    np.testing.assert_array_equal(dilated(shell, None, 2), ndimage.binary_dilation(shell, iterations=2))
    assert not dilated(np.zeros((3, 3, 3), bool), None, 2).any()
    closed = ball((20, 24, 22), radius=8) & ~ball((20, 24, 22), radius=4)
    for mask in (shell, closed, ~closed):
        np.testing.assert_array_equal(_without_holes(mask), ndimage.binary_fill_holes(mask))


def given(*names: str) -> Given:
    return Given("set", tuple(GivenCase(name, {}) for name in names), {})


def test_two_cases_are_measured_at_a_time_and_told_in_their_order(monkeypatch):
    entries = {entry.id: entry for entry in heads(4, 5, "c")}
    both = Barrier(2, timeout=20)

    def measure(case, *_, **__):
        both.wait()
        return measure_sample(entries[case.id])

    monkeypatch.setattr(audit_given, "measure_given", measure)
    told = []
    found = audit_given.measure_set(given(*entries), None, synthetic=False, progress=lambda what, _: told.append(what))
    assert [case.id for case in found.cases] == list(entries)
    assert told == [f"set: measuring case {n} of 4" for n in (1, 2, 3, 4)]


def test_a_set_that_cannot_be_used_is_given_up_before_all_of_it_was_measured(monkeypatch):
    tried = []

    def measure(case, *_, **__):
        tried.append(case.id)
        raise InputError("broken", source=case.id, next_step="Mend it.")

    monkeypatch.setattr(audit_given, "measure_given", measure)
    with pytest.raises(InputError, match="broken"):
        audit_given.measure_set(given("a", "b"), None, synthetic=False)
    assert set(tried) <= {"a", "b"}
