"""Running segmenters: closed-form networks, end to end through every engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import builders
import numpy as np
import pytest
from segmenters import onnx_models

from SynthTrustLib.errors import Cancelled, SegmenterError
from SynthTrustLib.segmenters import run as run_module
from SynthTrustLib.segmenters.adapters.slices import segmenter as slices_module
from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing, prepare, support_box
from SynthTrustLib.segmenters.engines.engine import choose_engine, cpu_requirement
from SynthTrustLib.segmenters.engines.torch import find_gpu
from SynthTrustLib.segmenters.options import ENGINES
from SynthTrustLib.segmenters.run import estimate_memory, run_segmenters
from SynthTrustLib.vocabulary import Contrast, Region

CPU_ENGINES = {"openvino": 2e-2, "openvino-fp32": 1e-4, "onnxruntime": 1e-5}
"""Engine -> largest difference from the closed form that its arithmetic may cause (bf16 has 8 bits)."""


def engine_or_skip(name):
    pytest.importorskip(name.partition("-")[0])
    return name


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def flair_reader(gain=4.0, offset=-2.0):
    """ET = sigmoid(gain * FLAIR + offset) of this slice, TC the same of the previous slice, WT of the next."""
    weight = np.zeros((3, 12))
    for region, channel in enumerate((11, 9, 10)):
        weight[region, channel] = gain
    return onnx_models.pixelwise(weight, np.full(3, offset))


def outside(case, stack):
    mask = np.ones(case.geometry.shape, bool)
    mask[stack.support] = False
    return mask


@pytest.mark.parametrize("name", CPU_ENGINES)
def test_every_engine_gives_the_closed_form_on_the_patients_grid(tmp_path, name):
    case = builders.case((14, 40, 36))
    package = onnx_models.package(tmp_path, "reader", flair_reader())
    stack = run_segmenters(case, [package], engine=engine_or_skip(name))
    prepared = prepare(case, Preprocessing())
    flair = np.zeros(case.geometry.shape)
    box = support_box(prepared)
    rows, columns = (s.stop - s.start for s in box[1:])
    flair[box] = prepared.image[3, :, :rows, :columns]  # the test grid is LPS already
    index = np.arange(prepared.slices)
    expected = np.zeros(case.geometry.shape)
    for region, offset in ((2, 0), (1, -prepared.step), (0, prepared.step)):  # an inner region lifts the outer one
        found = sigmoid(4 * flair[box] - 2)[np.clip(index + offset, 0, index[-1])]
        expected[box] = np.maximum(expected[box], found)
        np.testing.assert_allclose(builders.on_grid(stack)[0, region], expected, atol=CPU_ENGINES[name])


@pytest.mark.parametrize("flip", [(-1, -1, 1), (1, 1, 1), (1, -1, -1)])
def test_answers_lie_where_the_voxels_are_whatever_the_orientation(tmp_path, flip):
    engine_or_skip("onnxruntime")
    geometry = builders.grid((14, 40, 36), flip=flip)
    case = builders.case(geometry=geometry)
    bright = np.unravel_index(np.argmax(case.volumes[Contrast.FLAIR].array), geometry.shape)
    stack = run_segmenters(case, [onnx_models.package(tmp_path, "r", flair_reader(20, -20))], engine="onnxruntime")
    assert np.unravel_index(np.argmax(builders.on_grid(stack)[0, 2]), geometry.shape) == bright


def test_the_air_around_the_head_takes_no_memory(tmp_path):
    engine_or_skip("onnxruntime")
    case = builders.case((14, 40, 36))
    stack = run_segmenters(case, [onnx_models.package(tmp_path)], engine="onnxruntime")
    assert outside(case, stack).any()
    assert stack.probabilities.shape[2:] == tuple(side.stop - side.start for side in stack.support)
    assert np.allclose(stack.probabilities[0].reshape(3, -1).T, (0.5, 0.25, 0.125))


def test_a_resampled_case_comes_back_on_its_own_grid(tmp_path):
    engine_or_skip("onnxruntime")
    case = builders.case(geometry=builders.grid((14, 40, 36), spacing=(1.0, 0.5, 0.5)))
    stack = run_segmenters(case, [onnx_models.package(tmp_path)], engine="onnxruntime")
    assert builders.on_grid(stack).shape == (1, 3, 14, 40, 36)
    np.testing.assert_allclose(builders.on_grid(stack)[0, :, 7, 20, 18], (0.5, 0.25, 0.125), rtol=1e-5)


def test_permuting_the_packages_permutes_the_stack(tmp_path):
    engine_or_skip("onnxruntime")
    case = builders.case((14, 40, 36))
    packages = [
        onnx_models.package(tmp_path, f"p{n}", onnx_models.constant((0.1 * n, 0.05 * n, 0.01 * n))) for n in (1, 2, 3)
    ]
    straight = run_segmenters(case, packages, engine="onnxruntime")
    order = [2, 0, 1]
    mixed = run_segmenters(case, [packages[n] for n in order], engine="onnxruntime")
    np.testing.assert_array_equal(builders.on_grid(mixed), builders.on_grid(straight)[order])
    assert [card.id for card in mixed.segmenters] == ["p3", "p1", "p2"]


def test_different_preprocessing_is_done_for_each_and_the_order_kept(tmp_path):
    engine_or_skip("onnxruntime")
    case = builders.case((14, 40, 36))
    settings = ({"multiple": 32}, {"multiple": 16}, {"multiple": 32})
    packages = [
        onnx_models.package(tmp_path, f"p{n}", onnx_models.constant((0.1 * (n + 1),) * 3), preprocessing=settings[n])
        for n in range(3)
    ]
    stack = run_segmenters(case, packages, engine="onnxruntime")
    np.testing.assert_allclose(builders.on_grid(stack)[:, 0, 7, 20, 18], (0.1, 0.2, 0.3), rtol=1e-5)
    assert set(stack.seconds) == {"p0", "p1", "p2"}


def test_regions_come_in_one_order_whatever_the_order_of_the_card(tmp_path):
    engine_or_skip("onnxruntime")
    package = onnx_models.package(
        tmp_path, "mixed", onnx_models.constant((0.1, 0.3, 0.2)), regions=(Region.ET, Region.WT, Region.TC)
    )
    stack = run_segmenters(builders.case((14, 40, 36)), [package], engine="onnxruntime")
    assert stack.regions == (Region.WT, Region.TC, Region.ET)
    np.testing.assert_allclose(builders.on_grid(stack)[0, :, 7, 20, 18], (0.3, 0.2, 0.1), rtol=1e-5)


def test_a_segmenter_of_one_contrast_is_shown_that_contrast_only(tmp_path):
    engine_or_skip("onnxruntime")
    case = builders.case((14, 40, 36))
    weight = np.zeros((3, 3))
    weight[:, 1] = 4.0
    small = onnx_models.package(
        tmp_path,
        "flair-only",
        onnx_models.pixelwise(weight, np.full(3, -2.0)),
        contrasts=(Contrast.FLAIR,),
        required_contrasts=(Contrast.FLAIR,),
    )
    large = onnx_models.package(tmp_path, "reader", flair_reader())
    stack = run_segmenters(case, [small, large], engine="onnxruntime")
    et = stack.regions.index(Region.ET)
    np.testing.assert_allclose(builders.on_grid(stack)[0, et], builders.on_grid(stack)[1, et], atol=1e-6)


def test_a_segmenter_without_its_contrast_is_skipped_with_the_reason(tmp_path):
    engine_or_skip("onnxruntime")
    case = builders.case((14, 40, 36), contrasts=(Contrast.T2, Contrast.FLAIR))
    needy = onnx_models.package(tmp_path, "needy", required_contrasts=(Contrast.T1C, Contrast.FLAIR))
    modest = onnx_models.package(tmp_path, "modest")
    stack = run_segmenters(case, [needy, modest], engine="onnxruntime")
    assert [card.id for card in stack.segmenters] == ["modest"]
    assert stack.skipped == {"needy": "it needs T1c, which this patient does not have"}
    with pytest.raises(SegmenterError, match="needy: it needs T1c"):
        run_segmenters(case, [needy], engine="onnxruntime")


def test_segmenters_of_different_regions_are_not_mixed(tmp_path):
    whole = onnx_models.package(
        tmp_path, "whole", onnx_models.constant((0.5,)), regions=(Region.WT,), thresholds={Region.WT: 0.5}
    )
    with pytest.raises(SegmenterError, match="whole: it draws WT, but real draws WT, TC, ET"):
        run_segmenters(builders.case(), [onnx_models.package(tmp_path), whole])


def test_nothing_chosen_is_said_plainly():
    with pytest.raises(SegmenterError, match="no segmenter was chosen"):
        run_segmenters(builders.case(), [])


@pytest.mark.parametrize("name", CPU_ENGINES)
def test_a_run_gives_the_same_every_time(tmp_path, name):
    case = builders.case((14, 40, 36))
    package = onnx_models.package(tmp_path, "reader", flair_reader())
    first, second = (run_segmenters(case, [package], engine=engine_or_skip(name)).probabilities for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_progress_rises_batch_by_batch_to_the_end(tmp_path):
    engine_or_skip("onnxruntime")
    told = []
    packages = [onnx_models.package(tmp_path, f"p{n}", preprocessing={"multiple": 16 * (n + 1)}) for n in range(2)]
    run_segmenters(
        builders.case((14, 40, 36)), packages, engine="onnxruntime", progress=lambda *step: told.append(step)
    )
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert [stage for stage, _ in told].count("running p1") >= 3


@pytest.mark.parametrize("name", CPU_ENGINES)
def test_cancelling_between_batches_stops_the_run(tmp_path, name):
    def cancel(stage, fraction):
        if fraction > 0.5:
            raise Cancelled

    package = onnx_models.package(tmp_path)
    with pytest.raises(Cancelled):
        run_segmenters(builders.case((40, 40, 36)), [package], engine=engine_or_skip(name), progress=cancel)


@pytest.mark.parametrize("name", CPU_ENGINES)
def test_a_network_that_is_valid_but_cannot_run_names_its_segmenter(tmp_path, name):
    from onnx import helper

    nonsense = onnx_models.model([helper.make_node("Reciprocate", ["slices"], ["probabilities"])], [], check=False)
    package = onnx_models.package(tmp_path, "nonsense", nonsense)
    with pytest.raises(SegmenterError) as caught:
        run_segmenters(builders.case(), [package], engine=engine_or_skip(name))
    assert caught.value.source == "nonsense"
    assert caught.value.next_step == "Install the package again, or choose another engine."


@pytest.mark.parametrize("bias", [np.nan, 3.0], ids=["not a number", "more than 1"])
def test_answers_that_are_no_probabilities_are_refused(tmp_path, bias):
    from onnx import helper, numpy_helper

    engine_or_skip("onnxruntime")
    values = [
        numpy_helper.from_array(np.zeros((3, 12, 1, 1), np.float32), "weight"),
        numpy_helper.from_array(np.full(3, bias, np.float32), "bias"),
    ]
    logits = onnx_models.model([helper.make_node("Conv", ["slices", "weight", "bias"], ["probabilities"])], values)
    package = onnx_models.package(tmp_path, "logits", logits)
    with pytest.raises(SegmenterError, match="logits: its network does not give probabilities"):
        run_segmenters(builders.case(), [package], engine="onnxruntime")


def test_too_little_memory_is_an_error_with_a_next_step(tmp_path, monkeypatch):
    def exhausted(*arguments):
        raise MemoryError

    monkeypatch.setattr(slices_module, "prepare_shared", exhausted)
    engine_or_skip("onnxruntime")
    with pytest.raises(SegmenterError, match="memory does not suffice") as caught:
        run_segmenters(builders.case(), [onnx_models.package(tmp_path)], engine="onnxruntime")
    assert caught.value.next_step == "Close other programs, or choose fewer segmenters."


def test_the_memory_estimate_grows_with_each_segmenter_by_its_share_of_the_stack():
    case = builders.case()
    voxels = np.prod(case.geometry.shape)
    assert estimate_memory(case, 3) - estimate_memory(case, 2) >= 3 * 4 * voxels


def test_an_unknown_engine_is_answered_with_those_there_are():
    with pytest.raises(SegmenterError) as caught:
        choose_engine("tensorflow")
    assert all(name in caught.value.next_step for name in ENGINES)


def test_without_any_engine_the_error_says_what_to_install_and_how_large(monkeypatch):
    for package in ("torch", "openvino", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SegmenterError, match="no inference engine is installed") as caught:
        choose_engine("auto")
    assert cpu_requirement().pip in caught.value.next_step
    assert f"{cpu_requirement().megabytes} MB" in caught.value.next_step


def test_an_intel_mac_is_told_to_install_what_leaves_its_numpy_alone(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert cpu_requirement().name == "ONNX Runtime"


def test_without_a_gpu_the_automatic_choice_is_openvino_then_onnx_runtime(monkeypatch):
    pytest.importorskip("openvino")
    pytest.importorskip("onnxruntime")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert choose_engine("auto").name.startswith("OpenVINO")
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert choose_engine("auto").name.startswith("ONNX Runtime")


def test_without_a_graphics_driver_torch_is_not_even_imported(monkeypatch):
    def no_driver(name):
        raise OSError(name)

    monkeypatch.setattr("ctypes.CDLL", no_driver)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setitem(sys.modules, "torch", None)  # an import would fail
    assert find_gpu() is None


@pytest.mark.skipif(sys.platform == "darwin", reason="there the processor tells, not a driver")
def test_with_a_graphics_driver_torch_is_asked(monkeypatch):
    no, yes = SimpleNamespace(is_available=lambda: False), SimpleNamespace(is_available=lambda: True)
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    for cuda, expected in ((yes, "cuda"), (no, None)):
        monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, backends=SimpleNamespace(mps=no)))
        assert find_gpu() == expected


def test_openvino_is_loaded_without_its_telemetry():
    pytest.importorskip("openvino")
    code = (
        "import sys; from SynthTrustLib.segmenters.engines.openvino import OpenVinoEngine; OpenVinoEngine(); "
        "print(sorted(name for name in sys.modules if name.startswith('openvino_telemetry') and sys.modules[name]))"
    )
    library = Path(run_module.__file__).parents[2]
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=library)
    assert out.stdout.strip() == "[]"
