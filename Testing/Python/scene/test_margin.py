"""The band of the border margin in the scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scene.reading import segment_array

from SynthTrustLib.scene.build import build_scene
from SynthTrustLib.scene.result.attributes import ROLE, Role
from SynthTrustLib.trust.measures.margin import border_band
from SynthTrustLib.trust.rows.row import known
from SynthTrustLib.trust.scorecard import Section
from SynthTrustLib.vocabulary import Region

MARGIN_MM = 4.0


def with_margin(parts, **changes):
    """The scorecard with a stated margin around the whole tumor."""
    row = known(
        "border_margin.WT",
        Section.PREDICTION,
        "Margin",
        MARGIN_MM,
        "For a test.",
        unit="mm",
        region=Region.WT,
        **changes,
    )
    rows = [other for other in parts.scorecard.rows if other.key != row.key]
    return replace(parts, scorecard=replace(parts.scorecard, rows=(*rows, row)))


def bands(nodes):
    return [node for node in nodes.own_nodes if node.GetAttribute(ROLE) == Role.MARGIN]


def test_a_stated_margin_is_a_band_around_the_pooled_outline_that_is_off_at_first(scene, parts):
    (band,) = bands(build_scene(scene, *with_margin(parts)))
    assert not band.GetDisplayNode().GetVisibility()
    assert band.GetSegmentation().GetNumberOfSegments() == 1
    geometry = parts.case.geometry
    expected = border_band(parts.outcome.pooled[Region.WT], MARGIN_MM, geometry).whole(geometry.shape)
    np.testing.assert_array_equal(segment_array(band, Region.WT, geometry), expected)


def test_a_margin_that_is_unknown_or_withdrawn_has_no_band(scene, parts):
    assert not bands(build_scene(scene, *parts))
    assert not bands(build_scene(scene, *with_margin(parts, withdrawn="Not to be used.")))


def test_a_band_is_found_once_for_picture_and_scene(parts):
    outcome = with_margin(parts).outcome
    assert outcome.margin_band(Region.WT) is outcome.margin_band(Region.WT)
