"""The dose-response picture: points, line, and what it leaves out when it does not know."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest

from SynthTrustLib.report import dose_response
from SynthTrustLib.trust.scorecard import DosePoint


def test_the_line_is_the_least_squares_line_and_points_lie_at_their_fraction(make_scorecard):
    (axes,) = dose_response.draw_dose_response(make_scorecard()).axes
    x, y = axes.lines[0].get_data()
    assert (x[0], x[-1]) == (0.0, 100.0)
    assert (y[0], y[-1]) == pytest.approx((30.0, 10.0))
    assert axes.collections[-1].get_offsets().tolist() == [[0.0, 30.0], [50.0, 20.0], [100.0, 10.0]]
    assert axes.get_ylim()[0] == 0.0
    assert "\u221220.0 mL (standard error 0.5)" in axes.get_title(loc="left")


def test_a_segmenter_of_another_budget_is_hollow_and_moves_neither_line_nor_band(make_scorecard):
    plain = make_scorecard()
    (curve,) = plain.dose_response
    other = builders.card("other", training={"plan": {"schedule": {"steps": 900}}})
    more = replace(curve, points=(*curve.points, DosePoint(other.id, 0.0, 11.0, 11000)))
    changed = make_scorecard(dose_response=(more,), segmenters=(*plain.segmenters, other))
    figures = [dose_response.draw_dose_response(scorecard) for scorecard in (plain, changed)]
    before, after = (figure.axes[0] for figure in figures)
    bands = [axes.collections[0].get_paths()[0].vertices for axes in (before, after)]
    np.testing.assert_array_equal(*bands)
    faces = after.collections[-1].get_facecolors()
    assert [tuple(face) == (1, 1, 1, 1) for face in faces] == [False, False, False, True]
    assert [dose_response.HOLLOW in {text.get_text() for text in figure.texts} for figure in figures] == [False, True]


def test_without_voxel_size_there_are_voxels_and_no_line(make_scorecard):
    (curve,) = make_scorecard().dose_response
    points = tuple(replace(point, volume_ml=None) for point in curve.points)
    unknown = replace(curve, points=points, slope=None, slope_standard_error=None, intercept=None)
    (axes,) = dose_response.draw_dose_response(make_scorecard(dose_response=(unknown,))).axes
    assert not axes.lines
    assert "voxels" in axes.get_ylabel()
    assert [y for _, y in axes.collections[-1].get_offsets().tolist()] == [30000, 20000, 10000]


def test_one_synthetic_fraction_alone_gives_no_picture(make_scorecard):
    (curve,) = make_scorecard().dose_response
    alone = replace(curve, points=curve.points[:1])
    assert dose_response.draw_dose_response(make_scorecard(dose_response=(alone,))) is None
    assert dose_response.draw_dose_response(make_scorecard(dose_response=())) is None


def test_a_region_that_nobody_outlines_says_so(make_scorecard):
    (curve,) = make_scorecard().dose_response
    nothing = replace(
        curve,
        points=tuple(replace(point, volume_ml=0.0, voxels=0) for point in curve.points),
        slope=0.0,
        intercept=0.0,
    )
    (axes,) = dose_response.draw_dose_response(make_scorecard(dose_response=(nothing,))).axes
    assert "no segmenter outlines it" in {text.get_text() for text in axes.texts}
