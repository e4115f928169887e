"""Our reader of ONNX files agrees with the onnx package."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from segmenters import onnx_models

from SynthTrustLib.segmenters.package.onnx_file import OnnxFileError, read_onnx


def test_it_reads_inputs_outputs_and_weights():
    weight = np.arange(36, dtype=np.float16).reshape(3, 12)
    read = read_onnx(onnx_models.pixelwise(weight, np.zeros(3)))
    assert [(info.name, info.is_float32, info.shape) for info in read.inputs] == [
        ("slices", True, (None, 12, None, None))
    ]
    assert [info.name for info in read.outputs] == ["probabilities"]
    np.testing.assert_array_equal(read.weights["weight"].reshape(3, 12), weight)


def test_a_weight_that_is_passed_on_has_both_names():
    read = read_onnx(onnx_models.constant())
    np.testing.assert_array_equal(read.weights["bias32"], read.weights["bias"])


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (TensorProto.FLOAT, [1.5, -2.0]),
        (TensorProto.FLOAT16, [0.5, -3.0]),
        (TensorProto.INT64, [-1, 7]),
        (TensorProto.INT32, [-4, 2]),
    ],
)
@pytest.mark.parametrize("raw", [True, False])
def test_weights_are_read_however_they_are_stored(kind, values, raw):
    expected = np.array(values, helper.tensor_dtype_to_np_dtype(kind))
    tensor = numpy_helper.from_array(expected, "extra") if raw else helper.make_tensor("extra", kind, [2], values)
    model = onnx.load_from_string(onnx_models.constant())
    model.graph.initializer.append(tensor)
    np.testing.assert_array_equal(read_onnx(model.SerializeToString()).weights["extra"], expected)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_weights_in_8_bits_are_read_as_what_they_stand_for(axis):
    levels = np.arange(-6, 6, dtype=np.int8).reshape(3, 4)
    scale = np.linspace(0.1, 0.4, levels.shape[axis]).astype(np.float32)
    tensors = [numpy_helper.from_array(levels, "levels"), numpy_helper.from_array(scale, "scale")]
    node = helper.make_node("DequantizeLinear", ["levels", "scale"], ["weight"], axis=axis)
    model = onnx.load_from_string(onnx_models.constant())
    model.graph.initializer.extend(tensors)
    model.graph.node.insert(0, node)
    expected = levels * (scale[:, None] if axis == 0 else scale)
    np.testing.assert_allclose(read_onnx(model.SerializeToString()).weights["weight"], expected, rtol=1e-6)


def test_a_scale_that_does_not_fit_its_weights_is_refused():
    tensors = [numpy_helper.from_array(np.zeros((3, 4), np.int8), "levels"),
               numpy_helper.from_array(np.ones(5, np.float32), "scale")]  # fmt: skip
    model = onnx.load_from_string(onnx_models.constant())
    model.graph.initializer.extend(tensors)
    model.graph.node.insert(0, helper.make_node("DequantizeLinear", ["levels", "scale"], ["weight"], axis=0))
    with pytest.raises(OnnxFileError, match="scale"):
        read_onnx(model.SerializeToString())


def test_weights_of_another_size_than_they_state_are_refused():
    model = onnx.load_from_string(onnx_models.constant())
    model.graph.initializer[0].dims[0] = 4
    with pytest.raises(OnnxFileError, match="size"):
        read_onnx(model.SerializeToString())


def test_every_way_of_cutting_a_file_short_is_refused_or_leaves_a_file_without_its_output():
    data = onnx_models.constant()
    for end in range(0, len(data) - 1, 7):
        try:
            read = read_onnx(data[:end])
        except OnnxFileError:
            continue
        pytest.fail(f"{end} of {len(data)} bytes were read as {read}")


def test_random_bytes_are_refused():
    random = np.random.default_rng(0)
    for size in (0, 1, 10, 1000):
        with pytest.raises(OnnxFileError):
            read_onnx(random.bytes(size))


def test_a_tensor_in_a_node_may_not_lie_in_another_file_either():
    model = onnx.load_from_string(onnx_models.constant())
    tensor = numpy_helper.from_array(np.zeros(3, np.float32), "c")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))
    with pytest.raises(OnnxFileError, match="another file"):
        read_onnx(model.SerializeToString())
