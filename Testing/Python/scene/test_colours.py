"""Colours of outlines and tables of colours."""

from __future__ import annotations

import builders
import numpy as np
import pytest

from SynthTrustLib import palette
from SynthTrustLib.maps.registry import MAPS
from SynthTrustLib.scene.nodes import colours
from SynthTrustLib.vocabulary import Region


def test_a_segmenter_has_the_colour_of_its_mix():
    cards = [builders.card(f"m{n}", synthetic=n, real=100 - n) for n in (0, 25, 50, 75, 100)]
    drawn = colours.segmenter_colours(cards)
    for card in cards:
        assert drawn[card.id] == palette.of_mix(card.training_mix.synthetic_fraction)


@pytest.mark.parametrize(("kind", "name"), [("disagreement", "magma"), ("uncertainty", "viridis")])
def test_maps_have_the_colours_of_matplotlib(kind, name):
    import matplotlib

    expected = matplotlib.colormaps[name](np.linspace(0, 1, colours.COLOURS_PER_TABLE))[:, :3]
    np.testing.assert_allclose(colours.table_colours(MAPS[kind])[:, :3], expected, atol=0.04)


def test_a_signed_map_is_see_through_around_zero_and_nowhere_else():
    alpha = colours.table_colours(MAPS["mix_influence"], transparent_below=0.25)[:, 3]
    value = np.linspace(-1, 1, colours.COLOURS_PER_TABLE)
    np.testing.assert_array_equal(alpha, np.abs(value) >= 0.25)
    assert (colours.table_colours(MAPS["disagreement"], transparent_below=0.25)[:, 3] == 1.0).all()


def test_segmenters_of_one_and_the_same_mix_can_be_told_apart():
    cards = [builders.card(f"seed-{n}", synthetic=50, real=50) for n in range(6)]
    drawn = np.array(list(colours.segmenter_colours(cards).values()))
    apart = np.abs(drawn[:, None] - drawn[None]).max(axis=-1)[np.triu_indices(6, k=1)]
    assert apart.min() > 0.1


def test_the_inner_regions_are_lighter():
    shades = [sum(colours.tinted((0.2, 0.4, 0.6), region)) for region in Region]
    assert shades == sorted(shades)
    assert len(set(shades)) == 3
