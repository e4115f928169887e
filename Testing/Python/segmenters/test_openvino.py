"""What OpenVINO is given to compile: a network whose weights are what they stand for."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from SynthTrustLib.machine import cores
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


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux says which cores a thread may use")
@pytest.mark.skipif(cores() < 2, reason="there is one core only")
def test_who_takes_a_part_of_the_cores_is_bound_to_none_of_them():
    """Two one-core workers of a cohort were bound to the same core, and the other one stood still."""
    pytest.importorskip("openvino", reason="OpenVINO is not installed: pip install 'synthtrust[cpu]'")
    from SynthTrustLib.segmenters.engines.openvino import OpenVinoEngine

    package = load_package(resource_path("Segmenters/flagship"), verify=False)
    others = _threads()  # an engine of another test may have bound its own
    network = OpenVinoEngine(threads=1).compile(package, (1, 12, 64, 64))
    own, bound = os.sched_getaffinity(0), []
    for answer in network.run([np.zeros((1, 12, 64, 64), np.float32)] * 3):
        assert answer.shape[0] == 1
        for thread in _threads() - others:
            with suppress(ProcessLookupError):  # it has just ended
                bound += [thread] if os.sched_getaffinity(thread) != own else []
    assert not bound


def _threads():
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}
