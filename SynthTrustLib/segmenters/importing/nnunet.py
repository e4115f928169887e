"""An nnU-Net v2 model folder: ``plans.json``, ``dataset.json`` and a checkpoint for each fold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.regular_file import read_regular_text
from SynthTrustLib.segmenters.adapters.axes import STORED
from SynthTrustLib.segmenters.adapters.patches.settings import (
    NNUNET,
    AnswerSettings,
    ImageSettings,
    Normalization,
    PatchSettings,
    Windows,
)
from SynthTrustLib.segmenters.importing.checkpoint import fill_strictly, read_checkpoint, state_dict
from SynthTrustLib.segmenters.importing.draft import Answers, Draft, contrasts_named, regions_called, regions_of_labels
from SynthTrustLib.segmenters.importing.export import export, verify
from SynthTrustLib.segmenters.importing.needed import needed
from SynthTrustLib.segmenters.networks.public import NNUNET_PACKAGE, build_public

PLANS_FILE, DATASET_FILE = "plans.json", "dataset.json"
CHECKPOINT = "checkpoint_final.pth"

_AXES = {  # reader -> where the axes of its arrays run
    "SimpleITKIO": STORED,
    "NibabelIO": STORED,
    "SimpleITKIOWithReorient": "SAR",
    "NibabelIOWithReorient": "SAR",
}
_NORMALIZATIONS = {
    ("ZScoreNormalization", True): Normalization("z-score", "head"),
    ("ZScoreNormalization", False): Normalization("z-score", "all"),
    ("NoNormalization", False): Normalization("none"),
    ("NoNormalization", True): Normalization("none"),
    ("RescaleTo01Normalization", False): Normalization("percentile", "all"),
    ("RescaleTo01Normalization", True): Normalization("percentile", "all"),
}
_RESAMPLING = {
    "resampling_fn_data": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
    "resampling_fn_probabilities": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
}
"""nnU-Net's usual resampling, the one that `patches.resample` does."""

_PREPROCESSOR = "DefaultPreprocessor"


def read_nnunet(folder: Path, stated: Answers, folds: Sequence[str] = (), checkpoint: str = CHECKPOINT) -> Draft:
    """Understand a model folder, build its network with its weights, and export it.

    `folds`: ``"0"``, ``"all"``; by default every fold that has the checkpoint. Their answers are averaged. Raises
    SegmenterError if anything about it is not what SynthTrust can do as nnU-Net does it.
    """
    source = folder.name
    plans, dataset = _json(folder / PLANS_FILE), _json(folder / DATASET_FILE)
    files = _checkpoints(folder, folds, checkpoint)
    contents = [read_checkpoint(file) for file in files]
    name = _told(contents[0], files[0], "init_args", "configuration")
    configuration = _configuration(plans, name, source)
    channels = [str(value) for _, value in sorted(_channel_names(dataset).items(), key=lambda item: int(item[0]))]
    contrasts = stated.contrasts or contrasts_named(channels, source, stated.task)
    if len(contrasts) != len(channels):
        _cannot(f"it takes {len(channels)} channels, not {len(contrasts)}", source)
    answer = _answer(dataset, stated, source)
    record = _record(configuration, len(channels), len(answer.channels), len(files), source)
    network = build_public(record)
    for member, content, file in zip(network.members, contents, files, strict=True):
        fill_strictly(member, state_dict(content, file, ("network_weights",)), file)
    mirrored = tuple(contents[0].get("inference_allowed_mirroring_axes") or ())
    size = tuple(int(n) for n in configuration["patch_size"])
    settings = PatchSettings(
        image=_image(plans, configuration, len(channels), stated, source),
        windows=Windows(size=size, mirrored_axes=() if stated.mirror is False else mirrored),
        answer=answer,
        network=record,
    )
    model = export(network, len(channels), size)
    trained = contents[0].get("init_args", {}).get("dataset_json", dataset)
    return Draft(
        settings=settings,
        contrasts=tuple(contrasts),
        model=model,
        framework="nnU-Net v2",
        name=str(plans.get("dataset_name", source)),
        verified=verify(network, model, len(channels), size, answer.activation),
        found={
            "trainer": str(contents[0].get("trainer_name", "unknown")),
            "configuration": name,
            "plans": str(plans.get("plans_name", "unknown")),
            "folds": [file.parent.name.removeprefix("fold_") for file in files],
            "checkpoint": checkpoint,
            "epochs": int(contents[0].get("current_epoch", 0)),
            "training_cases": int(trained.get("numTraining", 0)) or None,
        },
    )


def _told(content: Any, file: Path, *keys: str) -> Any:
    """What a checkpoint says under these keys."""
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            raise SegmenterError(
                f"it does not say {' of its '.join(reversed(keys))}, as what nnU-Net saves does",
                source=file.name,
                next_step="State the checkpoint that nnU-Net has saved: --checkpoint checkpoint_best.pth.",
            )
        content = content[key]
    return content


def is_nnunet(folder: Path) -> bool:
    """Whether a folder looks like one of nnU-Net's trained models."""
    return (folder / PLANS_FILE).is_file() and (folder / DATASET_FILE).is_file()


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_regular_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise SegmenterError(
            "it is not readable JSON", source=path.name, next_step="Choose the folder that nnU-Net trained into."
        ) from error
    if not isinstance(content, dict):
        _cannot("its content is no JSON object", path.name)
    return content


def _checkpoints(folder: Path, folds: Sequence[str], name: str) -> list[Path]:
    found = sorted(folder.glob(f"fold_*/{name}"))
    if folds:
        found = [folder / f"fold_{fold}" / name for fold in folds]
    missing = [file for file in found if not file.is_file()]
    if missing or not found:
        where = missing[0].relative_to(folder).as_posix() if missing else f"fold_*/{name}"
        raise SegmenterError(
            f"there is no {where} in it",
            source=folder.name,
            next_step="Choose the folder that nnU-Net trained into, or state --folds and --checkpoint.",
        )
    return found


def _configuration(plans: Mapping[str, Any], name: str, source: str) -> dict[str, Any]:
    """A configuration of the plans with what it inherits; a cascade's second stage is refused."""
    configurations = plans.get("configurations", {})
    chain: list[Mapping[str, Any]] = []
    wanted: Any = name
    while wanted is not None:
        if wanted not in configurations or len(chain) > len(configurations):
            _cannot(f"its plans have no configuration {wanted!r}", source)
        chain.insert(0, configurations[wanted])
        wanted = chain[0].get("inherits_from")
    merged: dict[str, Any] = {}
    for part in chain:
        merged.update(part)
    if merged.get("previous_stage"):
        _cannot("it is the second stage of a cascade, which needs the first one's answer", source)
    if merged.get("preprocessor_name", _PREPROCESSOR) != _PREPROCESSOR:
        _cannot(f"it prepares its images by {merged['preprocessor_name']}", source)
    for key, usual in _RESAMPLING.items():
        asked = {**usual, **merged.get(f"{key}_kwargs", {})}
        if merged.get(key, "resample_data_or_seg_to_shape") != "resample_data_or_seg_to_shape" or asked != usual:
            _cannot(f"it resamples in a way of its own ({merged.get(key)})", source)
    return merged


def _image(
    plans: Mapping[str, Any], configuration: Mapping[str, Any], channels: int, stated: Answers, source: str
) -> ImageSettings:
    schemes = configuration["normalization_schemes"]
    masked = configuration.get("use_mask_for_norm") or [False] * channels
    if not len(schemes) == len(masked) == channels:
        _cannot(f"its plans normalize {len(schemes)} channels, {len(masked)} by a mask, of {channels}", source)
    kinds = {_NORMALIZATIONS.get((scheme, bool(mask))) for scheme, mask in zip(schemes, masked, strict=True)}
    if len(kinds) != 1 or None in kinds:
        _cannot(f"it normalizes its images by {', '.join(sorted(set(schemes)))}", source)
    reader = plans.get("image_reader_writer", "SimpleITKIO")
    if reader not in _AXES:
        _cannot(f"it reads its images with {reader}", source)
    axes = stated.axes or _AXES[reader]
    spacing = configuration["spacing"]
    return ImageSettings(
        convention=NNUNET,
        axes="".join(axes[n] for n in plans.get("transpose_forward", (0, 1, 2))),
        spacing_mm=(None if len(spacing) == 2 else float(spacing[0]), float(spacing[-2]), float(spacing[-1])),
        crop="nonzero",
        normalization=kinds.pop(),  # type: ignore[arg-type]
    )


def _channel_names(dataset: Mapping[str, Any]) -> Mapping[str, Any]:
    names: Mapping[str, Any] = dataset.get("channel_names") or dataset.get("modality") or {}
    return names


def _answer(dataset: Mapping[str, Any], stated: Answers, source: str) -> AnswerSettings:
    labels = {name: value for name, value in dataset.get("labels", {}).items() if name != "ignore"}
    if any(isinstance(value, list) and len(value) > 1 for value in labels.values()):
        names = [name for name, value in labels.items() if value not in (0, [0])]
        if stated.labels is None:
            channels = _regions_by_labels(labels, names, stated, source)
        else:
            channels = regions_called(names, stated, source)
        return AnswerSettings(channels, activation="sigmoid", labels="none")
    if not labels:
        _cannot(f"its {DATASET_FILE} has no labels", source)
    plain = {name: int(value[0] if isinstance(value, list) else value) for name, value in labels.items()}
    return AnswerSettings(regions_of_labels(plain, stated, source), activation="softmax", labels="highest")


def _regions_by_labels(
    labels: Mapping[str, Any], names: Sequence[str], stated: Answers, source: str
) -> tuple[tuple[str, ...], ...]:
    """Of each region that nnU-Net was trained on, ours: by its name, or else by how the labels are nested."""
    try:
        return regions_called(names, replace(stated, labels=None), source)
    except SegmenterError:
        sets = [frozenset(labels[name] if isinstance(labels[name], list) else [labels[name]]) for name in names]
        order = sorted(range(len(sets)), key=lambda n: -len(sets[n]))
        nested = all(sets[a] > sets[b] for a, b in pairwise(order))
        if not nested or len(sets) != len(stated.task.regions):
            raise
        ours = dict(zip(order, stated.task.region_ids, strict=True))
        return tuple((ours[n],) for n in range(len(sets)))


def _record(configuration: Mapping[str, Any], inputs: int, outputs: int, members: int, source: str) -> dict[str, Any]:
    """The network as `networks.public` builds it."""
    needed(NNUNET_PACKAGE)
    if "architecture" in configuration:
        architecture = configuration["architecture"]
        arguments = dict(architecture["arch_kwargs"])
        name = str(architecture["network_class_name"]).rpartition(".")[2]
    else:
        name, arguments = _of_older_plans(configuration, source)
    arguments.pop("deep_supervision", None)
    arguments |= {"input_channels": inputs, "num_classes": outputs, "deep_supervision": False}
    return {"name": name, "arguments": arguments, "members": members}


def _of_older_plans(configuration: Mapping[str, Any], source: str) -> tuple[str, dict[str, Any]]:
    """Name and arguments as nnU-Net before version 2.4 wrote them."""
    try:
        name = configuration["UNet_class_name"]
        blocks = "n_conv_per_stage" if name == "PlainConvUNet" else "n_blocks_per_stage"
        stages = len(configuration["n_conv_per_stage_encoder"])
        dimensions = len(configuration["patch_size"])
        first, most = configuration["UNet_base_num_features"], configuration["unet_max_num_features"]
        arguments = {
            "n_stages": stages,
            "features_per_stage": [min(first * 2**n, most) for n in range(stages)],
            "conv_op": f"torch.nn.modules.conv.Conv{dimensions}d",
            "kernel_sizes": configuration["conv_kernel_sizes"],
            "strides": configuration["pool_op_kernel_sizes"],
            blocks: configuration["n_conv_per_stage_encoder"],
            "n_conv_per_stage_decoder": configuration["n_conv_per_stage_decoder"],
            "conv_bias": True,
            "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dimensions}d",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        }
    except KeyError as error:
        _cannot(f"its plans do not say what its network is ({error} is missing)", source)
    return name, arguments


def _cannot(problem: str, source: str) -> NoReturn:
    raise SegmenterError(
        f"{problem}, so that SynthTrust cannot run it as nnU-Net does",
        source=source,
        next_step="Run it with nnU-Net, and compare its outline instead: synthtrust assess --member NAME=FILE.",
    )
