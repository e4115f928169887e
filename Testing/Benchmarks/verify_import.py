"""Imported segmenters against the frameworks they come from, on real patients.

    python Testing/Benchmarks/verify_import.py --data ../data/brats --work /tmp/verify [--only nnunet-3d] [--engine ...]

For each kind of model (nnU-Net 3D with labels, 3D with regions, 2D; MONAI's SegResNet bundle) a small network is
trained for a minute on two patients and saved as its framework saves it. It is then imported, and run on two other
patients by the framework itself (nnU-Net's predictor; the bundle's own preprocessing, inferer and postprocessing), and
by SynthTrust: on a part of one patient as it is, and of one turned to other axes, with voxels of 0.9 x 1.2 x 3.3 mm;
with mirroring and without. Printed is the Dice of the two label maps for each region. Needs nnunetv2, monai, torch and
an engine.
`--full` takes networks of the usual size; give them `--steps` enough to be sure of something, as an untrained network's
probabilities lie at the threshold, where any rounding counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("nnUNet_raw", "/tmp")  # nnunetv2 warns where they are not set
os.environ.setdefault("nnUNet_preprocessed", "/tmp")
os.environ.setdefault("nnUNet_results", "/tmp")

from SynthTrustLib.case.load import load_case
from SynthTrustLib.segmenters.adapters.patches.prepare import prepare
from SynthTrustLib.segmenters.adapters.patches.settings import MONAI, NNUNET, ImageSettings, Normalization
from SynthTrustLib.segmenters.importing.draft import Answers
from SynthTrustLib.segmenters.importing.monai_bundle import read_monai
from SynthTrustLib.segmenters.importing.nnunet import read_nnunet
from SynthTrustLib.segmenters.importing.package import Declared, write_imported
from SynthTrustLib.segmenters.run import run_segmenters
from SynthTrustLib.vocabulary import Contrast, Region

CONTRASTS = {"t1": Contrast.T1, "t1c": Contrast.T1C, "t2": Contrast.T2, "flair": Contrast.FLAIR}
WANTED = 0.995
PART = (128, 112, 100)
"""Voxels of a patient that are compared."""
TURNED_MM = (0.9, 1.2, 3.3)
STEPS = {"nnunet-3d": 80, "nnunet-regions": 80, "nnunet-2d": 200, "monai": 60}
"""The kinds of model, and how many steps a small one of it is trained."""

# nnU-Net's own order of the labels, which is not BraTS's.
LABELS = {"background": 0, "edema": 1, "necrosis": 2, "enhancing tumor": 3}
REGION_LABELS = {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": [3]}
OF_REGION = {Region.WT: (1, 2, 3), Region.TC: (2, 3), Region.ET: (3,)}
BRATS_TO_NNUNET = {1: 2, 2: 1, 3: 3, 4: 3}


def patients(data: Path, work: Path) -> tuple[list[Path], dict[str, Path]]:
    """Two folders to train on, and two to compare on by name."""
    folders = sorted(folder for folder in data.iterdir() if (folder / "seg.nii.gz").is_file())
    targets = {"as it is": (folders[-1], None), "turned, anisotropic": (folders[-2], TURNED_MM)}
    found = {}
    for name, (source, spacing) in targets.items():
        found[name] = work / name.replace(", ", "-").replace(" ", "-")
        if not found[name].exists():
            found[name].mkdir(parents=True)
            write_part(source, found[name], spacing)
    return [folders[0], folders[len(folders) // 2]], found


def write_part(source: Path, folder: Path, spacing: tuple[float, float, float] | None) -> None:
    """The part of a patient that holds most of the tumor and the nearest end of the head, as files of its own."""
    tumor = sitk.GetArrayFromImage(sitk.ReadImage(str(source / "seg.nii.gz"))) > 0
    centre = np.argwhere(tumor).mean(0)[::-1]
    for name in CONTRASTS:
        image = sitk.ReadImage(str(source / f"{name}.nii.gz"))
        first = [
            min(max(0, int(c) - size // 2), n - size) for c, size, n in zip(centre, PART, image.GetSize(), strict=True)
        ]
        image = sitk.RegionOfInterest(image, PART, first)
        if spacing is not None:
            size = [round(n * old / new) for n, old, new in zip(PART, image.GetSpacing(), spacing, strict=True)]
            still = sitk.Transform()
            image = sitk.Resample(
                image, size, still, sitk.sitkLinear, image.GetOrigin(), spacing, image.GetDirection(), 0.0
            )
            image = sitk.DICOMOrient(image, "PIR")
        sitk.WriteImage(image, str(folder / f"{name}.nii.gz"))


def read(folder: Path) -> Any:
    case = load_case({contrast: folder / f"{name}.nii.gz" for name, contrast in CONTRASTS.items()})
    return replace(case, spacing_trusted=True)  # a part of a head is smaller than any head, which is doubted


def train(
    network: Any, folders: list[Path], settings: ImageSettings, size: tuple[int, ...], steps: int, regions: bool
) -> None:
    """A few steps on random windows, so that answers are shapes in the right places rather than noise."""
    import torch

    draw = np.random.default_rng(0)
    samples = []
    for folder in folders:
        case = read(folder)
        image, placement = prepare(case, tuple(Contrast), settings, lambda *_: None)
        label = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "seg.nii.gz")))
        label = np.array([BRATS_TO_NNUNET.get(n, 0) for n in range(256)], np.uint8)[label.astype(np.uint8)]
        label = placement.turn.view(label)[placement.box]
        assert label.shape == image.shape[1:], "training patients have voxels of 1 mm"
        samples.append((image, label))
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    network.train()
    for step in range(steps):
        image, label = samples[step % len(samples)]
        centres = np.argwhere(label > 0)
        centre = centres[draw.integers(len(centres))] if step % 3 else [draw.integers(n) for n in label.shape]
        full = size if len(size) == 3 else (1, *size)
        window = tuple(
            slice(max(0, min(int(c) - s // 2, n - s)), max(0, min(int(c) - s // 2, n - s)) + s)
            for c, s, n in zip(centre, full, label.shape, strict=True)
        )
        x, y = (
            torch.from_numpy(image[(slice(None), *window)])[None],
            torch.from_numpy(label[window].astype(np.int64))[None],
        )
        pad = [(0, s - n) for s, n in zip(full, y.shape[1:], strict=True)]
        flat = [n for pair in reversed(pad) for n in pair]
        x, y = torch.nn.functional.pad(x, flat), torch.nn.functional.pad(y, flat)
        if len(size) == 2:
            x, y = x[:, :, 0], y[:, 0]
        if regions:
            target = torch.stack([torch.isin(y, torch.tensor(OF_REGION[region])) for region in Region], 1).float()
            answer = network(x)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(answer, target)
            chance = torch.sigmoid(answer)
        else:
            answer = network(x)
            loss = torch.nn.functional.cross_entropy(answer, y)
            target = torch.nn.functional.one_hot(y, answer.shape[1]).movedim(-1, 1)[:, 1:].float()
            chance = torch.softmax(answer, 1)[:, 1:]
        axes = tuple(range(2, chance.ndim))
        overlap = 2 * (chance * target).sum(axes) / (chance.sum(axes) + target.sum(axes) + 1)
        (loss + 1 - overlap.mean()).backward()
        optimizer.step()
        optimizer.zero_grad()
    network.eval()


def make_nnunet(folder: Path, kind: str, training: list[Path], full: bool, steps: int) -> None:
    """An nnU-Net model folder: plans as its planner writes them for BraTS, smaller unless `full`."""
    import torch
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    d = 2 if kind == "nnunet-2d" else 3
    if full:
        size = [192, 160] if d == 2 else [128, 128, 128]
        features = [32, 64, 128, 256, 512, 512] if d == 2 else [32, 64, 128, 256, 320, 320]
    else:
        size, features = ([96, 80] if d == 2 else [64, 64, 48]), [6, 12, 24]
    stages = len(features)
    arguments = {
        "n_stages": stages,
        "features_per_stage": features,
        "conv_op": f"torch.nn.modules.conv.Conv{d}d",
        "kernel_sizes": [[3] * d] * stages,
        "strides": [[1] * d] + [[2] * d] * (stages - 1),
        "n_conv_per_stage": [2] * stages,
        "n_conv_per_stage_decoder": [2] * (stages - 1),
        "conv_bias": True,
        "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{d}d",
        "norm_op_kwargs": {"eps": 1e-05, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }
    cls, imports = (
        "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        ["conv_op", "norm_op", "dropout_op", "nonlin"],
    )
    resampling = {
        f"resampling_fn_{what}{suffix}": value
        for what, order in (("data", 3), ("seg", 1), ("probabilities", 1))
        for suffix, value in (
            ("", "resample_data_or_seg_to_shape"),
            ("_kwargs", {"is_seg": what == "seg", "order": order, "order_z": 0, "force_separate_z": None}),
        )
    }
    configuration = "2d" if d == 2 else "3d_fullres"
    plans = {
        "dataset_name": "Dataset001_Brats",
        "plans_name": "nnUNetPlans",
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "foreground_intensity_properties_per_channel": {str(n): {} for n in range(4)},
        "configurations": {
            configuration: {
                "preprocessor_name": "DefaultPreprocessor",
                "patch_size": size,
                "spacing": [1.0] * d,
                "normalization_schemes": ["ZScoreNormalization"] * 4,
                "use_mask_for_norm": [True] * 4,
                "batch_dice": False,
                "architecture": {"network_class_name": cls, "arch_kwargs": arguments, "_kw_requires_import": imports},
                **resampling,
            }
        },
    }
    regions = kind == "nnunet-regions"
    dataset: dict[str, Any] = {
        "channel_names": {"0": "T1", "1": "T1ce", "2": "T2", "3": "FLAIR"},
        "labels": REGION_LABELS if regions else LABELS,
        "numTraining": len(training),
        "file_ending": ".nii.gz",
    }
    if regions:
        dataset["regions_class_order"] = [1, 2, 3]
    torch.manual_seed(0)
    network = get_network_from_plans(cls, arguments, imports, 4, 3 if regions else 4, deep_supervision=False)
    image = ImageSettings(NNUNET, "kji", None, "nonzero", Normalization("z-score", "head"))
    window = (64,) * d if full or d == 2 else (32,) * d  # five halvings of 32 would leave nothing to normalize
    train(network, training, image, window, steps, regions)
    (folder / "fold_0").mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans), "utf-8")
    (folder / "dataset.json").write_text(json.dumps(dataset), "utf-8")
    torch.save(
        {
            "network_weights": network.state_dict(),
            "logging": {"ema_fg_dice": [np.float64(0.5)]},
            "_best_ema": np.float64(0.5),
            "current_epoch": 1,
            "init_args": {"plans": plans, "configuration": configuration, "fold": 0, "dataset_json": dataset},
            "trainer_name": "nnUNetTrainer",
            "inference_allowed_mirroring_axes": tuple(range(d)),
        },
        folder / "fold_0" / "checkpoint_final.pth",
    )


def make_monai(folder: Path, training: list[Path], full: bool, steps: int) -> None:
    """The zoo's BraTS bundle in its configuration, with axes and spacing stated; windows smaller unless `full`."""
    import torch
    from monai.networks.nets import SegResNet

    network = {
        "_target_": "SegResNet",
        "blocks_down": [1, 2, 2, 4],
        "blocks_up": [1, 1, 1],
        "init_filters": 16 if full else 8,
        "in_channels": 4,
        "out_channels": 3,
        "dropout_prob": 0.2,
    }
    keys = {"keys": "image"}
    config = {
        "bundle_root": ".",
        "device": "$torch.device('cpu')",
        "network_def": network,
        "network": "$@network_def.to(@device)",
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", **keys},
                {"_target_": "EnsureChannelFirstd", **keys},
                {"_target_": "Orientationd", **keys, "axcodes": "RAS"},
                {"_target_": "Spacingd", **keys, "pixdim": [1.0, 1.0, 1.0], "mode": "bilinear"},
                {"_target_": "NormalizeIntensityd", **keys, "nonzero": True, "channel_wise": True},
            ],
        },
        "inferer": {
            "_target_": "SlidingWindowInferer",
            "roi_size": [240, 240, 160] if full else [64, 64, 48],
            "sw_batch_size": 1,
            "overlap": 0.5,
        },
        "postprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "Activationsd", "keys": "pred", "sigmoid": True},
                {
                    "_target_": "Invertd",
                    "keys": "pred",
                    "transform": "@preprocessing",
                    "orig_keys": "image",
                    "nearest_interp": False,
                    "to_tensor": True,
                },
                {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5},
            ],
        },
    }
    channels = {"0": "Whole tumor", "1": "Tumor core", "2": "Enhancing tumor"}
    metadata = {
        "version": "0.5.3",
        "monai_version": "1.4.0",
        "name": "BraTS MRI segmentation",
        "task": "Multimodal Brain Tumor segmentation",
        "authors": "MONAI team",
        "data_source": "BraTS",
        "network_data_format": {
            "inputs": {"image": {"channel_def": {"0": "T1", "1": "T1c", "2": "T2", "3": "FLAIR"}}},
            "outputs": {"pred": {"channel_def": channels}},
        },
    }
    torch.manual_seed(0)
    made = SegResNet(**{key: value for key, value in network.items() if key != "_target_"})
    settings = ImageSettings(MONAI, "RAS", (1.0, 1.0, 1.0), "none", Normalization("z-score", "nonzero"))
    train(made, training, settings, (32, 32, 32), steps, True)
    for part in ("configs", "models"):
        (folder / part).mkdir(parents=True)
    (folder / "configs/inference.json").write_text(json.dumps(config), "utf-8")
    (folder / "configs/metadata.json").write_text(json.dumps(metadata), "utf-8")
    torch.save(made.state_dict(), folder / "models/model.pt")


def by_nnunet(model: Path, patient: Path, mirror: bool) -> dict[Region, Any]:
    """Masks (k, j, i) of nnU-Net's own predictor."""
    import torch
    from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(use_mirroring=mirror, device=torch.device("cpu"), allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(model), use_folds=(0,))
    image, properties = SimpleITKIO().read_images([str(patient / f"{name}.nii.gz") for name in CONTRASTS])
    labels = predictor.predict_single_npy_array(image, properties, None, None, False)
    return {region: np.isin(labels, values) for region, values in OF_REGION.items()}


def by_monai(bundle: Path, patient: Path, mirror: bool) -> dict[Region, Any]:
    """Masks (k, j, i) of the bundle's own preprocessing, network, inferer and postprocessing. MONAI never mirrors."""
    import torch
    from monai.bundle import ConfigParser
    from monai.data import decollate_batch, list_data_collate

    parser = ConfigParser()
    parser.read_config(str(bundle / "configs/inference.json"))
    network = parser.get_parsed_content("network")
    network.load_state_dict(torch.load(bundle / "models/model.pt", weights_only=True))
    network.eval()
    files = [str(patient / f"{name}.nii.gz") for name in CONTRASTS]
    batch = list_data_collate([parser.get_parsed_content("preprocessing")({"image": files})])
    with torch.no_grad():
        batch["pred"] = parser.get_parsed_content("inferer")(batch["image"], network)
    found = parser.get_parsed_content("postprocessing")(decollate_batch(batch)[0])["pred"]
    return {region: mask.transpose(2, 1, 0) for region, mask in zip(Region, np.asarray(found) > 0, strict=True)}


def dice(first: Any, second: Any) -> float:
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def compare(kind: str, model: Path, work: Path, patient: Path, mirror: bool, engine: str) -> Mapping[Region, Any]:
    """Dice of SynthTrust's outlines against the framework's, and voxels, for each region."""
    stated = Answers(mirror=mirror)
    packages = work / "packages" / f"{kind}-{'mirrored' if mirror else 'plain'}"
    if not packages.exists():
        draft = read_monai(model, stated) if kind == "monai" else read_nnunet(model, stated)
        package = write_imported(packages, draft, Declared(id=packages.name))
    else:
        from SynthTrustLib.segmenters.package.folder import load_package

        package = load_package(packages)
    print(f"   {package.card.limits}, {package.card.training['imported'].get('largest_probability_difference')}")
    begun = time.perf_counter()
    stack = run_segmenters(read(patient), [package], engine=engine)
    ours_took, begun = time.perf_counter() - begun, time.perf_counter()
    theirs = (by_monai if kind == "monai" else by_nnunet)(model, patient, mirror)
    print(f"   {stack.engine}: {ours_took:.0f} s; the framework: {time.perf_counter() - begun:.0f} s")
    shape = stack.geometry.shape
    ours = {region: stack.part(0, index).whole(shape) >= 0.5 for index, region in enumerate(stack.regions)}
    return {region: (dice(ours[region], theirs[region]), int(theirs[region].sum())) for region in Region}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled patients in BraTS's layout")
    parser.add_argument("--work", type=Path, required=True, help="where models and packages are kept")
    parser.add_argument("--only", choices=STEPS, action="append", help="by default all of them")
    parser.add_argument("--engine", default="openvino-fp32")
    parser.add_argument("--full", action="store_true", help="networks of the usual size")
    parser.add_argument("--steps", type=int, help="of training, by default as many as a small network needs")
    parser.add_argument("--without-mirroring", action="store_true", help="leave out the runs with mirroring")
    arguments = parser.parse_args()
    training, targets = patients(arguments.data, arguments.work)
    worst = 1.0
    for kind in arguments.only or STEPS:
        model = arguments.work / "models" / kind
        if not model.exists():
            begun = time.perf_counter()
            steps = arguments.steps or STEPS[kind]
            if kind == "monai":
                make_monai(model, training, arguments.full, steps)
            else:
                make_nnunet(model, kind, training, arguments.full, steps)
            print(f"{kind}: trained in {time.perf_counter() - begun:.0f} s", flush=True)
        for mirror in (False,) if arguments.without_mirroring or kind == "monai" else (False, True):
            for name, patient in targets.items():
                found = compare(kind, model, arguments.work, patient, mirror, arguments.engine)
                words = ", ".join(
                    f"{region} {value:.4f} ({voxels} voxels)" for region, (value, voxels) in found.items()
                )
                print(f"{kind}, {name}, {'mirrored' if mirror else 'not mirrored'}: {words}", flush=True)
                worst = min(worst, *(value for value, _ in found.values()))
    print(f"lowest Dice {worst:.4f}, wanted {WANTED}")
    return 0 if worst >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
