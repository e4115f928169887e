"""The adapter `patches`: networks with known answers, from card to probabilities on the patient's grid."""

from __future__ import annotations

from dataclasses import replace

import builders
import numpy as np
import pytest
from segmenters import patch_models
from segmenters.test_run import engine_or_skip

from SynthTrustLib.case.patient_case import PatientCase
from SynthTrustLib.errors import InputError, SegmenterError
from SynthTrustLib.segmenters.adapters.axes import are_axes, turn_to
from SynthTrustLib.segmenters.adapters.patches.prepare import prepare
from SynthTrustLib.segmenters.adapters.patches.regions import activated, regions_of
from SynthTrustLib.segmenters.adapters.patches.resample import plan
from SynthTrustLib.segmenters.adapters.patches.settings import (
    MONAI,
    NNUNET,
    AnswerSettings,
    ImageSettings,
    Normalization,
    Windows,
)
from SynthTrustLib.segmenters.adapters.patches.windows import WindowedVolume
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.vocabulary import Contrast, Region

SHAPE = (13, 21, 17)
PLAIN = ImageSettings(normalization=Normalization("none"))
QUIET = lambda stage, fraction: None  # noqa: E731


def scaled(case: PatientCase) -> PatientCase:
    """The case with intensities of 0..1, which a network may give back as probabilities."""
    volumes = {c: replace(v, array=(v.array / 1000).astype(np.float32)) for c, v in case.volumes.items()}
    return replace(case, volumes=volumes)


def flair(case: PatientCase) -> np.ndarray:
    return case.volumes[Contrast.FLAIR].array


@pytest.mark.parametrize("engine", ["openvino-fp32", "onnxruntime"])
@pytest.mark.parametrize("convention", [NNUNET, MONAI])
@pytest.mark.parametrize("axes", ["kji", "ikj", "SPL", "RAS", "IRP"])
def test_what_the_network_says_of_a_voxel_comes_back_to_that_voxel(tmp_path, engine, convention, axes):
    case = scaled(builders.case(geometry=builders.grid(SHAPE, flip=(1, -1, -1))))
    image = replace(PLAIN, convention=convention, axes=axes, crop="nonzero")
    adapter = patch_models.settings(image=image, activated="before")
    package = patch_models.package(tmp_path, adapter, patch_models.reader())
    stack = run_segmenters(case, [package], engine=engine_or_skip(engine))
    for region in range(3):
        np.testing.assert_allclose(builders.on_grid(stack)[0, region], flair(case), atol=1e-4)
    air = np.ones(SHAPE, bool)
    air[stack.support] = False
    assert air.any()


def test_a_network_of_slices_sees_one_at_a_time(tmp_path):
    case = scaled(builders.case(SHAPE))
    package = patch_models.package(tmp_path, patch_models.settings((16, 8)), patch_models.reader((16, 8)))
    stack = run_segmenters(case, [package], engine=engine_or_skip("onnxruntime"))
    np.testing.assert_allclose(builders.on_grid(stack)[0, 0], flair(case), atol=1e-5)


def test_the_torch_engine_says_the_same(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("monai")
    pytest.importorskip("onnx")
    from SynthTrustLib.segmenters.importing.export import export, verify
    from SynthTrustLib.segmenters.networks.public import build_public

    arguments = {"spatial_dims": 3, "in_channels": 4, "out_channels": 3, "channels": [4, 8], "strides": [2]}
    record = {"name": "UNet", "arguments": arguments, "members": 2}
    torch.manual_seed(0)
    network = build_public(record)
    model = export(network, 4, (8, 8, 8))
    assert verify(network, model, 4, (8, 8, 8), "sigmoid").largest_difference < 1e-4
    adapter = patch_models.settings(activation="sigmoid")
    package = patch_models.package(tmp_path, replace(adapter, network=record), model)
    case = scaled(builders.case(SHAPE))
    stacks = [run_segmenters(case, [package], engine=engine) for engine in ("torch", engine_or_skip("onnxruntime"))]
    np.testing.assert_allclose(builders.on_grid(stacks[0]), builders.on_grid(stacks[1]), atol=1e-4)
    assert builders.on_grid(stacks[0]).std() > 1e-3


def test_mirrored_answers_are_turned_back_before_they_are_averaged(tmp_path):
    """A network that looks one voxel ahead looks one behind where it is mirrored, along that axis alone."""
    case = scaled(builders.case(SHAPE))
    mirrored = replace(patch_models.settings(), windows=Windows((8, 8, 8), overlap=0.75, mirrored_axes=(0, 2)))
    package = patch_models.package(tmp_path, mirrored, patch_models.reader(shift=1))
    volume = WindowedVolume(np.stack([flair(case)] * 4), mirrored.windows, NNUNET)
    assert volume.steps == len(list(volume.inputs())) and volume.steps % 4 == 0
    found = builders.on_grid(run_segmenters(case, [package], engine=engine_or_skip("onnxruntime")))[0, 0]
    middle = (slice(4, -4),) * 3  # the rim depends on where windows end
    expected = (np.roll(flair(case), 1, 0) + np.roll(flair(case), -1, 0)) / 2
    np.testing.assert_allclose(found[middle], expected[middle], atol=0.02)
    plain = replace(mirrored, windows=Windows((8, 8, 8)))
    plain = patch_models.package(tmp_path, plain, patch_models.reader(shift=1), "p")
    ahead = builders.on_grid(run_segmenters(case, [plain], engine="onnxruntime"))[0, 0]
    assert np.abs(ahead[middle] - expected[middle]).max() > 0.2


@pytest.mark.parametrize("convention", [NNUNET, MONAI])
@pytest.mark.parametrize("weights", ["gaussian", "constant"])
@pytest.mark.parametrize("size", [(8, 8, 8), (32, 4, 5), (6, 7)])
def test_windows_cover_every_voxel_and_their_mean_is_the_volume(convention, weights, size):
    image = np.random.default_rng(0).random((2, 9, 11, 23)).astype(np.float32)
    volume = WindowedVolume(image, Windows(size, 0.4, weights, (0,)), convention, batch=3)
    np.testing.assert_allclose(volume.assemble(volume.inputs(), 2), image, atol=1e-6)


def test_windows_begin_where_each_framework_begins_them():
    def starts(convention, overlap):
        image = np.arange(100, dtype=np.float32).reshape(1, 100, 1, 1)
        volume = WindowedVolume(image, Windows((32, 1, 1), overlap), convention)
        return [int(seen[0, 0, 0, 0, 0]) for seen in volume.inputs()]

    assert starts(NNUNET, 0.5) == [0, 14, 27, 41, 54, 68]  # evenly
    assert starts(MONAI, 0.5) == [0, 16, 32, 48, 64, 68]  # every 16 voxels, the last one reaching back


def test_a_label_is_outlined_where_it_is_the_most_probable():
    """nnU-Net's own order: 1 edema, 2 necrosis, 3 enhancing."""
    channels = ((), (Region.WT,), (Region.WT, Region.TC), (Region.WT, Region.TC, Region.ET))
    logits = np.random.default_rng(0).normal(size=(4, 1000)).astype(np.float32)
    label = logits.argmax(0)
    found = regions_of(activated(logits.copy(), "softmax"), AnswerSettings(channels))
    for region, labels in ((Region.WT, (1, 2, 3)), (Region.TC, (2, 3)), (Region.ET, (3,))):
        np.testing.assert_array_equal(found[region] >= 0.5, np.isin(label, labels))
    summed = regions_of(activated(logits.copy(), "softmax"), AnswerSettings(channels, labels="sum"))
    np.testing.assert_allclose(summed[Region.WT], 1 - np.exp(logits[0]) / np.exp(logits).sum(0), atol=1e-5)
    assert (summed[Region.WT] >= 0.5).sum() > (found[Region.WT] >= 0.5).sum()


def test_a_case_of_other_voxels_is_resampled_and_comes_back(tmp_path):
    case = scaled(builders.case(geometry=builders.grid((12, 26, 30), spacing=(2.0, 0.7, 0.8))))
    volume = np.indices(case.geometry.shape)[1].astype(np.float32) / 26
    case = replace(case, volumes={c: replace(v, array=volume) for c, v in case.volumes.items()})
    for convention in (NNUNET, MONAI):
        image = replace(PLAIN, convention=convention, spacing_mm=(None, 1.0, 1.0))
        adapter = patch_models.settings(image=image)
        package = patch_models.package(tmp_path, adapter, patch_models.reader(), convention.lower())
        seen, _ = prepare(case, tuple(Contrast), image, QUIET)
        assert seen.shape == (4, 12, 18, 24)
        found = builders.on_grid(run_segmenters(case, [package], engine=engine_or_skip("onnxruntime")))[0, 0]
        np.testing.assert_allclose(found[:, 2:-2], volume[:, 2:-2], atol=0.02)
    untrusted = replace(case, spacing_trusted=False)
    assert prepare(untrusted, tuple(Contrast), image, QUIET)[0].shape == (4, 12, 26, 30)


def test_slices_far_apart_are_resampled_one_by_one():
    volume = np.random.default_rng(0).random((6, 20, 20)).astype(np.float32)
    resampling = plan(NNUNET, (6, 20, 20), (6.0, 1.0, 1.0), (2.0, 1.0, 1.0))
    np.testing.assert_array_equal(resampling.there(volume), volume.repeat(3, axis=0))
    np.testing.assert_array_equal(resampling.back(volume.repeat(3, axis=0)), volume)


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        (Normalization("z-score", "all"), lambda x, head: (x.mean(), x.std())),
        (Normalization("z-score", "nonzero"), lambda x, head: (x[head].mean(), x[head].std())),
        (Normalization("z-score", "head"), lambda x, head: (x[head].mean(), x[head].std())),
        (Normalization("percentile", "all", 0, 100, (0.0, 1.0)), lambda x, head: (x.min(), x.max())),
        (Normalization("percentile", "nonzero", 5, 95, (0, 1), True), lambda x, head: (x[head].min(), x.max())),
    ],
)
def test_intensities_come_to_a_common_scale(settings, check):
    case = builders.case(SHAPE)
    image, _ = prepare(case, tuple(Contrast), ImageSettings(normalization=settings), QUIET)
    for channel, contrast in zip(image, Contrast, strict=True):
        np.testing.assert_allclose(check(channel, case.volumes[contrast].array != 0), (0, 1), atol=1e-4)
        if settings.voxels != "all":
            assert not channel[case.volumes[contrast].array == 0].any()


def test_a_contrast_that_is_missing_is_zero_and_its_channel_stays():
    case = builders.case(SHAPE, contrasts=(Contrast.T1C, Contrast.FLAIR))
    order = (Contrast.FLAIR, Contrast.T1, Contrast.T1C, Contrast.T2)
    image, _ = prepare(case, order, PLAIN, QUIET)
    np.testing.assert_array_equal(image[0], flair(case))
    assert not image[1].any() and image[2].any() and not image[3].any()


def test_a_patient_of_nothing_but_zeros_is_refused():
    case = builders.case(SHAPE)
    case = replace(case, volumes={c: replace(v, array=np.zeros(SHAPE, np.float32)) for c, v in case.volumes.items()})
    with pytest.raises(InputError, match="anything but background"):
        prepare(case, tuple(Contrast), replace(PLAIN, crop="nonzero"), QUIET)


def test_an_answer_that_is_no_number_is_refused(tmp_path):
    model = patch_models.linear(np.full((3, 4), np.nan), np.zeros(3))
    package = patch_models.package(tmp_path, patch_models.settings(), model)
    with pytest.raises(SegmenterError, match="does not give finite numbers"):
        run_segmenters(builders.case(SHAPE), [package], engine=engine_or_skip("onnxruntime"))


def test_progress_rises_to_the_end(tmp_path):
    package = patch_models.package(tmp_path, patch_models.settings(), patch_models.reader())
    seen: list[float] = []
    case = scaled(builders.case(SHAPE))
    run_segmenters(case, [package], engine=engine_or_skip("onnxruntime"), progress=lambda _, f: seen.append(f))
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(set(seen)) > 5


def test_axes_are_told_from_other_words():
    assert all(map(are_axes, ("kji", "ijk", "SPL", "RAS", "LIA")))
    assert not any(map(are_axes, ("kjj", "SPS", "RL", "", "SPLA", "xyz")))


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, -1)])
def test_a_box_on_the_turned_grid_is_found_on_the_case(flip):
    geometry = builders.grid(SHAPE, flip=flip)
    turn = turn_to("RSA", geometry)
    volume = np.zeros(SHAPE, bool)
    turn.view(volume)[2:5, 3:7, 1:9] = True
    box = turn.box_of((slice(2, 5), slice(3, 7), slice(1, 9)), SHAPE)
    inside = np.zeros(SHAPE, bool)
    inside[box] = True
    np.testing.assert_array_equal(volume, inside)
