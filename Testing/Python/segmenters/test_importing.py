"""Importing models of other frameworks: what is understood, what is asked for, and what is refused."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import builders
import numpy as np
import pytest
from segmenters import patch_models
from segmenters.test_run import engine_or_skip

from SynthTrustLib.cli import main
from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.segmenters.adapters.patches.settings import MONAI, NNUNET, Normalization
from SynthTrustLib.segmenters.importing.draft import Answers, contrasts_named, regions_called, regions_of_labels
from SynthTrustLib.segmenters.package.folder import load_package
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.vocabulary import Contrast, Region

WT, TC, ET = (Region.WT,), (Region.WT, Region.TC), (Region.WT, Region.TC, Region.ET)

NNUNET_LABELS = {"background": 0, "edema": 1, "necrosis": 2, "enhancing tumor": 3}
CONV = {
    "n_stages": 2,
    "features_per_stage": [4, 8],
    "conv_op": "torch.nn.modules.conv.Conv3d",
    "kernel_sizes": [[3, 3, 3]] * 2,
    "strides": [[1, 1, 1], [2, 2, 2]],
    "n_conv_per_stage": [1, 1],
    "n_conv_per_stage_decoder": [1],
    "conv_bias": True,
    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
    "norm_op_kwargs": {"eps": 1e-05, "affine": True},
    "dropout_op": None,
    "dropout_op_kwargs": None,
    "nonlin": "torch.nn.LeakyReLU",
    "nonlin_kwargs": {"inplace": True},
}


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "channels"),
    [
        ({"background": 0, "necrotic core": 1, "edema": 2, "enhancing": 3}, ((), TC, WT, ET)),  # BraTS 1/2/3
        ({"background": 0, "NCR": 1, "ED": 2, "ET": 4}, ((), TC, WT, (), ET)),  # BraTS 1/2/4
        (NNUNET_LABELS, ((), WT, TC, ET)),  # nnU-Net's own order
        ({"background": 0, "non-enhancing tumor": 1, "peritumoral edema": 2, "enhancing tumor": 3}, ((), TC, WT, ET)),
    ],
)
def test_labels_are_understood_by_their_names(names, channels):
    assert regions_of_labels(names, Answers(), "model") == channels


def test_labels_are_taken_as_stated():
    names = {"background": 0, "a": 1, "b": 2, "c": 3}
    assert regions_of_labels(names, Answers(labels="WT=1+2+3,TC=2+3,ET=3"), "model") == ((), WT, TC, ET)
    assert regions_of_labels(names, Answers(labels="WT=2,TC=1,ET=3"), "model") == (
        (),
        TC,
        WT,
        ET,
    )  # inner ones lie in outer ones
    with pytest.raises(SegmenterError, match=r"its label 1 is called 'a'") as caught:
        regions_of_labels(names, Answers(), "model")
    assert "--labels" in caught.value.next_step
    with pytest.raises(SegmenterError, match="its labels are 1 to 3"):
        regions_of_labels(names, Answers(labels="WT=1+4"), "model")
    with pytest.raises(SegmenterError, match="its label 0, which is the background elsewhere, is called 'necrosis'"):
        regions_of_labels({"necrosis": 0, "edema": 1, "enhancing": 2, "background": 3}, Answers(), "model")
    assert regions_of_labels({"no tumor": 0, "whole tumor": 1}, Answers(), "model") == ((), WT)


def test_regions_and_contrasts_are_understood_by_their_names():
    called = regions_called(("Tumor core", "Whole tumor", "Enhancing tumor"), Answers(), "bundle")
    assert called == ((Region.TC,), (Region.WT,), (Region.ET,))
    unknown = ("x", "y", "z")
    stated = regions_called(unknown, Answers(labels="WT=1,TC=0,ET=2"), "bundle")
    assert stated == ((Region.TC,), (Region.WT,), (Region.ET,))
    for labels in (None, "WT=1,TC=2,ET=3", "WT=1+2+3,TC=1+3,ET=3"):
        with pytest.raises(SegmenterError) as caught:
            regions_called(unknown, Answers(labels=labels), "bundle")
        assert "counted from 0: --labels WT=0,TC=1,ET=2" in caught.value.next_step
    names = ("T1ce", "t1n", "T2w", "FLAIR")
    assert contrasts_named(names, "m") == (Contrast.T1C, Contrast.T1, Contrast.T2, Contrast.FLAIR)
    for wrong in (("T1", "CT"), ("T1", "T1w")):
        with pytest.raises(SegmenterError) as caught:
            contrasts_named(wrong, "m")
        assert "--contrasts" in caught.value.next_step


# ONNX ----------------------------------------------------------------------------------------------------------------


def onnx_import(tmp_path: Path, *options: str, model: bytes | None = None) -> int:
    file = tmp_path / "model.onnx"
    file.write_bytes(model or patch_models.linear(np.eye(4), np.zeros(4)))
    return main(["segmenters", "import", str(file), "--id", "ours", "--out", str(tmp_path / "out"), *options])


STATED = ("--contrasts", "T1c,T1,T2,flair", "--labels", "WT=1+2+3,TC=2+3,ET=3", "--activation", "softmax")


def test_an_onnx_file_becomes_a_segmenter_that_runs(tmp_path, capsys):
    engine_or_skip("onnxruntime")
    options = (
        "--normalization",
        "z-score-head",
        "--axes",
        "SPL",
        "--spacing",
        "0",
        "1",
        "1",
        "--mirrored-axes",
        "0",
        "2",
    )
    assert onnx_import(tmp_path, *STATED, *options) == 0
    said = capsys.readouterr().out
    assert "output 0: background" in said and "output 3: WT, TC, ET" in said and "training mix: not known" in said
    package = load_package(tmp_path / "out" / "ours")
    card = package.card
    assert card.contrasts == (Contrast.T1C, Contrast.T1, Contrast.T2, Contrast.FLAIR) == card.required_contrasts
    assert card.adapter.image.axes == "SPL" and card.adapter.image.spacing_mm == (None, 1.0, 1.0)
    assert card.adapter.windows.mirrored_axes == (0, 2) and card.adapter.windows.size == (8, 8, 8)
    assert card.adapter.image.normalization == Normalization("z-score", "head")
    assert not card.training_mix.known and card.licence == "unknown" and card.family == "ours"
    stack = run_segmenters(builders.case((13, 21, 17)), [package], engine="onnxruntime")
    assert 0.2 < stack.probabilities[0, 0].max() <= 1


def test_probabilities_of_labels_outline_what_the_label_map_holds(tmp_path):
    """A softmax inside the file: no label of a region may reach a half where the region does."""
    from SynthTrustLib.segmenters.adapters.patches.regions import regions_of

    for labels, found in (("WT=1+2+3,TC=1+3,ET=3", (0.6, 0.5, 0.4)), ("WT=0,TC=1,ET=2", (0.2, 0.3, 0.3))):
        options = (*STATED[:2], "--labels", labels, "--activation", "none", "--normalization", "none")
        (tmp_path / labels[:4]).mkdir()
        assert onnx_import(tmp_path / labels[:4], *options) == 0
        answer = load_package(tmp_path / labels[:4] / "out" / "ours").card.adapter.answer
        told = regions_of(np.array([0.2, 0.3, 0.3, 0.2], np.float32), answer)
        assert tuple(told[region] for region in Region) == pytest.approx(found)


def test_a_network_of_slices_takes_any_number_of_them(tmp_path, capsys):
    flat = patch_models.linear(np.eye(4), np.zeros(4), (8, 8))
    assert onnx_import(tmp_path, *STATED, "--normalization", "none", model=flat) == 0
    model = patch_models.onnx.load_from_string(flat)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    assert onnx_import(tmp_path, *STATED, "--normalization", "none", model=model.SerializeToString()) == 2
    assert "it takes 1 slices at a time, not any number" in capsys.readouterr().err
    del model.graph.input[0].type.tensor_type.shape.dim[1:]
    assert onnx_import(tmp_path, *STATED, "--normalization", "none", model=model.SerializeToString()) == 2
    assert "its input has 1 dimensions, not 4 or 5" in capsys.readouterr().err


def test_what_is_declared_stands_on_the_card(tmp_path):
    declared = ("--real-cases", "30", "--synthetic-cases", "10", "--generator", "GAN 2", "--quality", "high")
    words = ("--name", "Ours", "--licence", "CC0", "--intended-use", "tests", "--version", "2.1", "--summary", "A net.")
    assert onnx_import(tmp_path, *STATED, "--normalization", "none", *declared, *words) == 0
    card = load_package(tmp_path / "out" / "ours").card
    assert card.training_mix.synthetic_fraction == 0.25 and card.training_mix.generator == "GAN 2"
    assert (card.name, card.licence, card.intended_use, card.version) == ("Ours", "CC0", "tests", "2.1")
    assert "CC0" in (tmp_path / "out" / "ours" / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "State --contrasts, --labels, --activation, --normalization"),
        ((*STATED[:2], "--labels", "WT=1+9", "--activation", "softmax", "--normalization", "none"), "4 channels"),
        (("--contrasts", "T1,T2", *STATED[2:], "--normalization", "none"), "takes 4 channels, not 2"),
        ((*STATED, "--normalization", "none", "--window", "8", "8", "9"), "8 x 8 x 8 voxels"),
        ((*STATED, "--normalization", "none", "--axes", "SPQ"), "axes"),
        ((*STATED, "--normalization", "none", "--real-cases", "-1"), "real_cases"),
        (("--contrasts", "T1,PD"), "is no contrast of the task"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(tmp_path, capsys, options, said):
    assert onnx_import(tmp_path, *options) == 2
    error = capsys.readouterr().err
    assert said in error and len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out" / "ours").exists()


def test_a_file_that_is_no_model_is_refused(tmp_path, capsys):
    assert onnx_import(tmp_path, *STATED, "--normalization", "none", model=b"hello") == 2
    (tmp_path / "empty").mkdir()
    assert main(["segmenters", "import", str(tmp_path / "empty"), "--id", "a", "--out", str(tmp_path)]) == 2
    assert "no nnU-Net v2 model folder, no MONAI Bundle" in capsys.readouterr().err


# Checkpoints ---------------------------------------------------------------------------------------------------------


class Evil:
    """What a pickle can do: call anything."""

    def __reduce__(self):
        return (Path.touch, (Path("touched-by-a-pickle"),))


def test_a_checkpoint_is_never_run(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    from SynthTrustLib.segmenters.importing.checkpoint import read_checkpoint

    monkeypatch.chdir(tmp_path)
    torch.save({"network_weights": {"a": torch.zeros(1)}, "logging": Evil()}, tmp_path / "torch.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Evil()))
    for name in ("torch.pth", "plain.pth"):
        with pytest.raises(SegmenterError):
            read_checkpoint(tmp_path / name)
    assert not (tmp_path / "touched-by-a-pickle").exists()


def test_numpys_numbers_beside_the_weights_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    from SynthTrustLib.segmenters.importing.checkpoint import read_checkpoint, state_dict

    numbers = {"ema": np.float64(0.5), "loss": [np.float32(1), np.float16(2)], "n": np.int64(3), "b": np.bool_(True)}
    path = tmp_path / "checkpoint.pth"
    torch.save({"network_weights": {"module.a": torch.ones(2)}, "logging": numbers}, path)
    content = read_checkpoint(path)
    assert content["logging"] == numbers
    assert list(state_dict(content, path, ("network_weights",))) == ["a"]
    with pytest.raises(SegmenterError, match="holds no weights"):
        state_dict({"logging": 1}, path, ("network_weights",))


# nnU-Net -------------------------------------------------------------------------------------------------------------


def nnunet_folder(folder: Path, *, folds=("0",), labels=None, **configuration) -> Path:
    """A model folder as nnU-Net v2 leaves it, with a tiny network of random weights."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    unet = pytest.importorskip("dynamic_network_architectures.architectures.unet")
    labels = labels or NNUNET_LABELS
    regions = any(isinstance(value, list) for value in labels.values())
    architecture = {"network_class_name": f"{unet.__name__}.PlainConvUNet", "arch_kwargs": CONV}
    plans = {
        "dataset_name": "Dataset001_Brats",
        "plans_name": "nnUNetPlans",
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [2, 0, 1],
        "transpose_backward": [1, 2, 0],
        "configurations": {
            "base": {"architecture": architecture, "spacing": [1.5, 1.0, 1.0], "patch_size": [8, 8, 8]},
            "3d_fullres": {
                "inherits_from": "base",
                "normalization_schemes": ["ZScoreNormalization"] * 4,
                "use_mask_for_norm": [True] * 4,
                **configuration,
            },
        },
    }
    dataset = {
        "channel_names": {"0": "T1", "1": "T1ce", "2": "T2", "3": "FLAIR"},
        "labels": labels,
        "numTraining": 9,
    }
    folder.mkdir()
    (folder / "plans.json").write_text(json.dumps(plans), "utf-8")
    (folder / "dataset.json").write_text(json.dumps(dataset), "utf-8")
    for n, fold in enumerate(folds):
        torch.manual_seed(n)
        kwargs = CONV | {
            "conv_op": torch.nn.Conv3d,
            "norm_op": torch.nn.InstanceNorm3d,
            "nonlin": torch.nn.LeakyReLU,
        }
        network = unet.PlainConvUNet(input_channels=4, num_classes=3 if regions else 4, **kwargs)
        checkpoint = {
            "network_weights": network.state_dict(),
            "_best_ema": np.float64(0.5),
            "init_args": {"configuration": "3d_fullres", "plans": plans, "dataset_json": dataset},
            "trainer_name": "nnUNetTrainer",
            "inference_allowed_mirroring_axes": (0, 1, 2),
            "current_epoch": 5,
        }
        (folder / f"fold_{fold}").mkdir()
        torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")
    return folder


def test_an_nnunet_folder_is_imported_with_all_that_its_plans_say(tmp_path, capsys):
    model = nnunet_folder(tmp_path / "model", folds=("0", "1"))
    assert main(["segmenters", "import", str(model), "--id", "our-nnunet", "--out", str(tmp_path / "out")]) == 0
    assert "largest difference of a probability" in capsys.readouterr().out
    package = load_package(tmp_path / "out" / "our-nnunet")
    card, adapter = package.card, package.card.adapter
    assert adapter.image.convention == NNUNET and adapter.image.axes == "ikj"
    assert adapter.image.spacing_mm == (1.5, 1.0, 1.0) and adapter.image.crop == "nonzero"
    assert adapter.image.normalization == Normalization("z-score", "head")
    assert adapter.windows.size == (8, 8, 8) and adapter.windows.mirrored_axes == (0, 1, 2)
    assert adapter.answer.channels == ((), WT, TC, ET) and adapter.answer.labels == "highest"
    facts = card.training["imported"]
    assert facts["folds"] == ["0", "1"] and facts["training_cases"] == 9
    assert 0 <= facts["largest_probability_difference"] < 1e-4
    assert card.limits.memory_mb is None or card.limits.memory_mb > 0
    assert load_package(package.folder).card.limits.model_mb * 1e6 >= package.model_path.stat().st_size
    case = builders.case((13, 21, 17))
    engines = [engine_or_skip(name) for name in ("onnxruntime", "openvino-fp32", "torch")]
    stacks = [run_segmenters(case, [package], engine=engine).probabilities for engine in engines]
    assert stacks[0].std() > 1e-3
    for other in stacks[1:]:
        np.testing.assert_allclose(stacks[0], other, atol=1e-4)


def test_an_nnunet_of_regions_has_a_sigmoid_for_each(tmp_path):
    from SynthTrustLib.segmenters.importing.nnunet import read_nnunet

    labels = {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": [3]}
    draft = read_nnunet(nnunet_folder(tmp_path / "model", labels=labels), Answers(axes="SPL", mirror=False))
    answer = draft.settings.answer
    assert answer.activation == "sigmoid" and answer.channels == ((Region.WT,), (Region.TC,), (Region.ET,))
    assert draft.settings.image.axes == "LSP" and draft.settings.windows.mirrored_axes == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"previous_stage": "3d_lowres"}, "second stage of a cascade"),
        ({"preprocessor_name": "OurPreprocessor"}, "prepares its images by OurPreprocessor"),
        ({"use_mask_for_norm": [True]}, "normalize 4 channels, 1 by a mask, of 4"),
        ({"normalization_schemes": ["CTNormalization"] * 4}, "CTNormalization"),
        ({"resampling_fn_data": "resample_torch_fornnunet"}, "resamples in a way of its own"),
        ({"architecture": {"network_class_name": "os.system", "arch_kwargs": {}}}, "'system' is not one that"),
        (
            {"architecture": {"network_class_name": "x.PlainConvUNet", "arch_kwargs": CONV | {"conv_op": "os.system"}}},
            "'os.system' is not a part of a network",
        ),
        ({"architecture": {"network_class_name": "x.PlainConvUNet", "arch_kwargs": {"a": 1}}}, "cannot be built"),
        (
            {
                "architecture": {
                    "network_class_name": "x.PlainConvUNet",
                    "arch_kwargs": CONV | {"features_per_stage": [4, 4]},
                }
            },
            "not those of the network",
        ),
    ],
)
def test_an_nnunet_that_cannot_be_run_as_it_is_meant_is_refused(tmp_path, changes, said):
    from SynthTrustLib.segmenters.importing.nnunet import read_nnunet

    with pytest.raises(SegmenterError, match=said):
        read_nnunet(nnunet_folder(tmp_path / "model", **changes), Answers())


# MONAI ---------------------------------------------------------------------------------------------------------------


def bundle_folder(folder: Path, *, before=(), after=None, network=None, **config) -> Path:
    """A bundle as the zoo's for BraTS, with a tiny network of random weights."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    nets = pytest.importorskip("monai.networks.nets")
    arguments = {"spatial_dims": 3, "in_channels": 4, "out_channels": 3, "channels": [4, 8], "strides": [2]}
    network = network or {"_target_": "monai.networks.nets.UNet", **arguments}
    after = after or [
        {"_target_": "Activationsd", "keys": "pred", "sigmoid": True},
        {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "nearest_interp": False},
        {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5},
        {"_target_": "KeepLargestConnectedComponentd", "keys": "pred"},
        {"_target_": "Lambdad", "keys": "pred", "func": "$lambda x: x"},
    ]
    content = {
        "imports": ["$import os"],
        "roi": [8, 8, 8],
        "network_def": network,
        "network": "$@network_def.to(@device)",
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", "keys": "image"},
                *before,
                {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True, "channel_wise": True},
            ],
        },
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": "@roi", "sw_batch_size": 1, "overlap": 0.25},
        "postprocessing": {"_target_": "Compose", "transforms": after},
        **config,
    }
    channels = {"0": "Tumor core", "1": "Whole tumor", "2": "Enhancing tumor"}
    metadata = {
        "version": "0.1",
        "name": "BraTS",
        "network_data_format": {
            "inputs": {"image": {"channel_def": {"0": "T1c", "1": "T1", "2": "T2", "3": "FLAIR"}}},
            "outputs": {"pred": {"channel_def": channels}},
        },
    }
    for part in ("configs", "models"):
        (folder / part).mkdir(parents=True)
    (folder / "configs" / "inference.json").write_text(json.dumps(content), "utf-8")
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata), "utf-8")
    torch.manual_seed(0)
    torch.save({"model": nets.UNet(**arguments).state_dict()}, folder / "models" / "model.pt")
    return folder


def test_a_monai_bundle_is_imported_with_all_that_its_configuration_says(tmp_path, capsys):
    steps = [
        {"_target_": "Orientationd", "keys": ["image"], "axcodes": "RAS"},
        {
            "_target_": "Spacingd",
            "keys": ["image", "label"],
            "pixdim": [1.0, 1.0, 2.0],
            "mode": ["bilinear", "nearest"],
        },
        {"_target_": "CropForegroundd", "keys": ["image"], "source_key": "image"},
    ]
    bundle = bundle_folder(tmp_path / "bundle", before=steps)
    command = [
        "segmenters",
        "import",
        str(bundle),
        "--id",
        "monai",
        "--out",
        str(tmp_path / "out"),
        "--real-cases",
        "9",
    ]
    assert main(command) == 0
    assert "left out: KeepLargestConnectedComponentd" in capsys.readouterr().out
    package = load_package(tmp_path / "out" / "monai")
    adapter = package.card.adapter
    assert adapter.image.convention == MONAI and adapter.image.axes == "RAS"
    assert adapter.image.spacing_mm == (1.0, 1.0, 2.0) and adapter.image.crop == "positive"
    assert adapter.image.normalization == Normalization("z-score", "nonzero")
    assert adapter.windows.size == (8, 8, 8) and adapter.windows.overlap == 0.25
    assert adapter.windows.weights == "constant"
    assert adapter.answer.channels == ((Region.TC,), (Region.WT,), (Region.ET,))
    assert adapter.answer.activation == "sigmoid" and adapter.answer.activated == "before"
    assert package.card.contrasts[0] == Contrast.T1C and package.card.training_mix.real_cases == 9
    case = builders.case((13, 21, 17))
    stacks = [run_segmenters(case, [package], engine=name).probabilities for name in ("torch", "onnxruntime")]
    np.testing.assert_allclose(*stacks, atol=1e-4)
    assert stacks[0].std() > 1e-3


def test_safetensors_and_onnx_are_weights_too(tmp_path):
    from SynthTrustLib.segmenters.importing.monai_bundle import read_monai

    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    bundle = bundle_folder(tmp_path / "bundle")
    first = read_monai(bundle, Answers())
    content = torch.load(bundle / "models" / "model.pt", weights_only=True)
    safetensors.save_file(content["model"], bundle / "models" / "model.safetensors")
    assert read_monai(bundle, Answers()).found["weights"] == "models/model.safetensors"
    (bundle / "models" / "model.onnx").write_bytes(first.model)
    third = read_monai(bundle, Answers(), "models/model.onnx")
    assert third.model == first.model and third.verified is None and not third.settings.network
    assert third.settings.image.axes == "ijk"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"network": {"_target_": "os.system", "command": "true"}}, "its network is system, not one of"),
        ({"network": {"_target_": "UNet", "in_channels": "$__import__('os')"}}, "computes a value"),
        ({"network": {"_target_": "UNet", "in_channels": "@nowhere"}}, "refers to @nowhere"),
        ({"before": [{"_target_": "RandGaussianNoised", "keys": "image"}]}, "RandGaussianNoised"),
        ({"before": [{"_target_": "RandGaussianNoised", "keys": "@key"}], "key": "image"}, "RandGaussianNoised"),
        ({"before": ["@noise"], "noise": {"_target_": "Noised", "keys": "image"}}, "Noised"),
        ({"before": ["$print(1)"]}, "a step that is not described"),
        ({"before": [{"_target_": "Noised", "keys": "image", "_disabled_": "@off"}], "off": False}, "Noised"),
        ({"before": [{"_target_": "Noised", "keys": "image", "_disabled_": "false"}]}, "Noised"),
        ({"before": [{"_target_": "ScaleIntensityd", "keys": ["t1", "t2"]}]}, "works on t1, t2, not on image"),
        ({"before": [{"_target_": "ScaleIntensity"}]}, "works on no key, not on image"),
        ({"before": [{"_target_": "Orientationd", "keys": "image"}]}, "is not told axcodes"),
        (
            {"before": [{"_target_": "Orientationd", "keys": "image", "as_closest_canonical": True}]},
            "told as_clo",
        ),
        ({"before": [{"_target_": "Spacingd", "keys": "image", "pixdim": "@mm"}], "mm": ["a", 1, 1]}, "three sizes"),
        ({"before": [{"_target_": "Spacingd", "keys": "image", "pixdim": 1, "diagonal": True}]}, "is told diagonal"),
        ({"before": [{"_target_": "CropForegroundd", "keys": "image", "source_key": "t1c"}]}, "a way of its own"),
        (
            {"before": [{"_target_": "CropForegroundd", "keys": "image", "source_key": "image", "channel_indices": 0}]},
            "is told channel_indices",
        ),
        (
            {
                "before": [{"_target_": "Spacingd", "keys": "image", "pixdim": 1}],
                "after": [{"_target_": "Activationsd", "sigmoid": True}, {"_target_": "Invertd", "keys": "pred"}],
            },
            "by the nearest voxel",
        ),
        (
            {
                "before": [{"_target_": "Spacingd", "keys": "image", "pixdim": 1}],
                "after": [
                    {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
                    {"_target_": "Invertd", "keys": "pred", "nearest_interp": False},
                ],
            },
            "brings back outlines",
        ),
        ({"after": ["@sharp"], "sharp": {"_target_": "AsDiscreted", "threshold": 0.6}}, "neither sigmoid nor softmax"),
        ({"inferer": {"_target_": "SimpleInferer"}}, "not by a SlidingWindowInferer"),
        ({"roi": [8, -1, 8]}, "not three sizes"),
        ({"after": [{"_target_": "Invertd", "keys": "pred"}]}, "neither sigmoid nor softmax"),
        (
            {
                "before": [
                    {"_target_": "Spacingd", "keys": "image", "pixdim": [1, 1, 1], "mode": "bilinear"},
                    {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
                ]
            },
            "later than usual",
        ),
    ],
)
def test_a_bundle_that_cannot_be_run_as_it_is_meant_is_refused(tmp_path, changes, said):
    from SynthTrustLib.segmenters.importing.monai_bundle import read_monai

    with pytest.raises(SegmenterError, match=said):
        read_monai(bundle_folder(tmp_path / "bundle", **changes), Answers())


def test_a_bundles_references_are_followed_and_what_is_off_is_left_out(tmp_path):
    from SynthTrustLib.segmenters.importing.monai_bundle import read_monai

    steps = ["@turn", {"_target_": "Noised", "keys": "image", "_disabled_": "@off"}]
    turn = {"_target_": "Orientationd", "keys": "@keys", "axcodes": "RAS"}
    bundle = bundle_folder(tmp_path / "bundle", before=steps, turn=turn, keys=["image", "label"], off="True")
    assert read_monai(bundle, Answers()).settings.image.axes == "RAS"


@pytest.mark.parametrize("damage", ["metadata", "weights alone", "inferer"])
def test_files_that_say_odd_things_are_refused_in_one_line(tmp_path, capsys, damage):
    torch = pytest.importorskip("torch")
    if damage == "weights alone":
        model, word = nnunet_folder(tmp_path / "model"), "does not say configuration of its init_args"
        file = model / "fold_0" / "checkpoint_final.pth"
        torch.save({"network_weights": torch.load(file, weights_only=False)["network_weights"]}, file)
    elif damage == "inferer":
        inferer = {"_target_": "SlidingWindowInferer", "roi_size": [8, 8, 8], "overlap": [0.5, 0.5, 0.5]}
        model, word = bundle_folder(tmp_path / "model", inferer=inferer), "is not understood"
    else:
        model, word = bundle_folder(tmp_path / "model"), "metadata.json cannot be read"
        (model / "configs" / "metadata.json").write_text("{", "utf-8")
    assert main(["segmenters", "import", str(model), "--id", "ours", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert word in error and not (tmp_path / "out" / "ours").exists()
