"""Whom segmenters have learned from, whatever way."""

from __future__ import annotations

import builders

from SynthTrustLib.calibration.held_out import trained_on_by_cards


def test_those_behind_the_weights_that_a_training_started_from_are_learned_from_too():
    first = {"real_cases": ["a"], "source_cases": ["b"]}
    card = builders.card("goes-on", training={"real_cases": ["c"], "start": {"real_cases": ["d"], "start": first}})
    assert trained_on_by_cards([card, builders.card("silent")]) == {"a", "b", "c", "d"}
