"""A network that is shown a slice and its mirror image: left and right are the same to it then."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest
from onnx import helper, numpy_helper
from segmenters import onnx_models

from SynthTrustLib.segmenters.adapters.slices.mirrored import SETTING, MirroredNetwork, as_card_asks, shown_once
from SynthTrustLib.segmenters.run import run_segmenters


class Ramp:
    """Each column times its number; its answers lie in memory that the next one takes."""

    def __init__(self):
        self.seen = []

    def run(self, batches):
        memory = None
        for batch in batches:
            self.seen.append(batch.copy())
            if memory is None:
                memory = np.empty_like(batch)
            np.multiply(batch, np.arange(batch.shape[-1], dtype=np.float32), out=memory)
            yield memory


def test_the_answer_is_the_mean_of_both():
    draw = np.random.default_rng(0)
    batches = [draw.random((2, 3, 4, 5), np.float32) for _ in range(3)]
    network = Ramp()
    found = [answer.copy() for answer in MirroredNetwork(network).run(iter(batches))]
    assert len(found) == 3 and len(network.seen) == 6
    for batch, answer in zip(batches, found, strict=True):
        np.testing.assert_allclose(answer, 2 * batch, rtol=1e-6)  # (n + (4 - n)) / 2
    np.testing.assert_array_equal(network.seen[1], batches[0][..., ::-1])


def test_who_stops_stops_the_network_too():
    class Kept(Ramp):
        def run(self, batches):
            self.running = super().run(batches)  # as long as somebody else knows of it, it does not end by itself
            return self.running

    network = Kept()
    answers = MirroredNetwork(network).run(np.ones((4, 1, 1, 2, 2), np.float32))
    next(answers)
    answers.close()
    assert list(network.running) == [] and len(network.seen) == 2


def test_only_a_card_that_asks_for_it_gets_it():
    network = Ramp()
    plain = builders.card("plain")
    assert as_card_asks(network, plain) is network
    asking = replace(plain, preprocessing={**plain.preprocessing, SETTING: True})
    assert isinstance(as_card_asks(network, asking), MirroredNetwork)
    assert plain.settings_hash != asking.settings_hash  # what was calibrated on one is not said of the other


def test_a_comparison_of_networks_shows_them_a_slice_once(tmp_path):
    both = onnx_models.package(tmp_path, "both", preprocessing={SETTING: True, "solid_head": True})
    once = shown_once(both)
    assert once.card.preprocessing == {"solid_head": True} and once.model_path == both.model_path
    assert shown_once(once) == once


def to_the_left():
    """Looks at the pixel beside each one, on one side only."""
    weight = np.zeros((3, 12, 1, 3), np.float32)
    weight[:, 10, 0, 0] = 4  # this slice's FLAIR
    initializers = [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(np.full(3, -2, np.float32), "b")]
    nodes = [
        helper.make_node("Conv", ["slices", "weight", "b"], ["logits"], kernel_shape=[1, 3], pads=[0, 1, 0, 1]),
        helper.make_node("Sigmoid", ["logits"], ["probabilities"]),
    ]
    return onnx_models.model(nodes, initializers)


def test_a_mirrored_patient_gets_the_mirrored_answer(tmp_path):
    pytest.importorskip("onnxruntime")
    case = builders.case((9, 40, 36))
    other = replace(
        case,
        volumes={
            name: replace(volume, array=np.ascontiguousarray(volume.array[..., ::-1]))
            for name, volume in case.volumes.items()
        },
    )
    plain = onnx_models.package(tmp_path, "plain", to_the_left(), preprocessing={})
    both = onnx_models.package(tmp_path, "both", to_the_left(), preprocessing={SETTING: True})

    def answers(patient):
        stack = run_segmenters(patient, [plain, both], engine="onnxruntime")
        whole = np.zeros((2, len(stack.regions), *stack.geometry.shape), np.float32)
        whole[(..., *stack.support)] = stack.probabilities
        return whole

    one, mirrored = answers(case), answers(other)[..., ::-1]
    np.testing.assert_allclose(one[1], mirrored[1], atol=1e-6)
    assert np.abs(one[0] - mirrored[0]).max() > 0.05
