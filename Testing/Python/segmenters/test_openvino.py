"""What OpenVINO is given to compile: a network whose weights are what they stand for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from SynthTrustLib.resources import resource_path
from SynthTrustLib.segmenters.package.folder import load_package


def test_nothing_is_left_to_compute_from_constants_when_a_network_of_8_bits_is_compiled():
    pytest.importorskip("openvino", reason="OpenVINO is not installed: pip install 'synthtrust[cpu]'")
    from SynthTrustLib.segmenters.engines.openvino import OpenVinoEngine

    package = load_package(resource_path("Segmenters/flagship"), verify=False)
    engine, given = OpenVinoEngine(threads=1), []
    core = engine._core
    assert b"DequantizeLinear" in package.model_path.read_bytes()

    def compile_model(model, *settings):
        given.append(model)
        return core.compile_model(model, *settings)

    engine._core = SimpleNamespace(read_model=core.read_model, compile_model=compile_model)
    engine.compile(package, (1, 12, 64, 64))
    (model,) = given
    constants = [op for op in model.get_ops() if op.get_type_name() == "Constant"]
    assert not {op.get_element_type().get_type_name() for op in constants} & {"i8", "f16"}
    computed = [op for op in model.get_ops() if op.get_input_size() and op not in constants]
    assert all(any(source.get_node().get_type_name() != "Constant" for source in op.input_values()) for op in computed)
