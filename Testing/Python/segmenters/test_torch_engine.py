"""The torch engine builds the network by its name and takes the weights, and only the weights, from the ONNX file."""

from __future__ import annotations

import builders
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from segmenters import onnx_models

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.networks.family import FAMILY_NETWORK
from SynthTrustLib.segmenters.run import run_segmenters

pytest.importorskip("torch")
pytest.importorskip("monai")

CASE = builders.case(geometry=builders.grid((48, 60, 56)))  # its head is larger than one pixel at the deepest level
SMALL = {**FAMILY_NETWORK, "filters": [8, 8, 8, 8, 8]}


@pytest.fixture(autouse=True)
def one_thread():
    """On a busy machine torch's threads wait for each other far longer than they compute."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def exported(record):
    """The network of `record` with random weights as an ONNX file with float16 weights, as training exports it."""
    import torch

    from SynthTrustLib.segmenters.networks.family import build_network

    torch.manual_seed(0)
    network = build_network(record)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter + 0.05 * torch.randn_like(parameter))
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return network.eval(), tensors


def onnx_with_weights(tensors, leave_out=()):
    """A closed-form network that carries `tensors` along without using them."""
    model = onnx.load_from_string(onnx_models.constant())
    for name, values in tensors.items():
        if name not in leave_out:
            model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), name))
    return model.SerializeToString()


def test_its_answer_is_the_networks_own_with_the_stored_weights(tmp_path):
    import torch

    network, tensors = exported(SMALL)
    package = onnx_models.package(tmp_path, "small", onnx_with_weights(tensors), preprocessing={"network": SMALL})
    stack = run_segmenters(CASE, [package], engine="torch")
    for parameter in network.state_dict().values():
        parameter.copy_(parameter.half().float())
    from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare, restore
    from SynthTrustLib.segmenters.nested_regions import nested
    from SynthTrustLib.task.glioma import GLIOMA
    from SynthTrustLib.vocabulary import Region

    prepared = prepare(CASE, Preprocessing())
    with torch.no_grad():
        batch = torch.from_numpy(prepared.batch(0, prepared.slices))
        expected = nested(torch.sigmoid(network(batch)).numpy(), tuple(Region), GLIOMA).swapaxes(0, 1)
    np.testing.assert_allclose(builders.on_grid(stack)[0], restore(expected, prepared), atol=1e-4)
    assert expected.std() > 0.01


def test_a_model_without_the_networks_weights_is_refused(tmp_path):
    _, tensors = exported(SMALL)
    name = "1.input_block.conv1.conv.weight"
    twins = [other for other, values in tensors.items() if values.ctypes.data == tensors[name].ctypes.data]
    package = onnx_models.package(
        tmp_path, "hollow", onnx_with_weights(tensors, leave_out=twins), preprocessing={"network": SMALL}
    )
    with pytest.raises(SegmenterError, match=f"hollow: its model does not hold the weights '{name}'"):
        run_segmenters(builders.case(), [package], engine="torch")


def test_a_network_that_is_not_on_the_list_is_refused(tmp_path):
    package = onnx_models.package(tmp_path, "odd", preprocessing={"network": {"name": "os.system"}})
    with pytest.raises(SegmenterError, match="not one that SynthTrust can build"):
        run_segmenters(builders.case(), [package], engine="torch")


def test_a_card_without_a_network_sends_one_to_the_cpu_engines(tmp_path):
    with pytest.raises(SegmenterError, match="its card does not say which network it is") as caught:
        run_segmenters(builders.case(), [onnx_models.package(tmp_path)], engine="torch")
    assert "CPU engine" in caught.value.next_step


def test_it_finds_the_weights_of_a_network_that_was_exported_inside_another_module(tmp_path):
    _, tensors = exported(SMALL)
    settings = {"network": SMALL}
    plain = onnx_models.package(tmp_path, "plain", onnx_with_weights(tensors), preprocessing=settings)
    inner = {f"0.{name}": values for name, values in tensors.items()}
    wrapped = onnx_models.package(tmp_path, "wrapped", onnx_with_weights(inner), preprocessing=settings)
    stack = run_segmenters(CASE, [plain, wrapped], engine="torch")
    np.testing.assert_array_equal(builders.on_grid(stack)[0], builders.on_grid(stack)[1])


def test_a_pattern_that_alternates_from_pixel_to_pixel_is_smoothed_away():
    torch = pytest.importorskip("torch")
    from SynthTrustLib.segmenters.networks.family import build_network

    smooth = build_network({**SMALL, "smoothing": "binomial"})[-1]
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(48), indexing="ij")
    for comb in ((-1.0) ** rows, (-1.0) ** columns, (-1.0) ** (rows + columns)):
        answer = smooth(comb[None, None])
        assert answer.shape == (1, 1, 32, 48)
        assert answer[..., 1:-1, 1:-1].abs().max() < 1e-6
    level = torch.full((1, 1, 32, 48), 3.0)
    torch.testing.assert_close(smooth(level), level)
