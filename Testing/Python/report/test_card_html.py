"""A segmenter's card in the panel says what its generator's audit measured, as text."""

from __future__ import annotations

from dataclasses import replace

from SynthTrustLib.report.card_html import card_html
from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.package.folder import load_package


def test_the_card_of_a_segmenter_opens_that_of_its_generator():
    package = load_package(resource_path("Segmenters/synthetic-50"), verify=False)
    card, task = package.card, package.task
    lines = card.training_mix.generator_card
    assert lines and all(line in card_html(card, task) for line in lines)
    mix = replace(card.training_mix, generator_card=("density <b>1</b>",))
    assert "density &lt;b&gt;1&lt;/b&gt;" in card_html(replace(card, training_mix=mix), task)
    without = replace(card.training_mix, generator_card=())
    assert "generator's card" not in card_html(replace(card, training_mix=without), task)


def test_a_segmenter_of_real_patients_has_no_generator():
    package = load_package(resource_path("Segmenters/flagship"), verify=False)
    assert "generator's card" not in card_html(package.card, package.task)
