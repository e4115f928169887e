"""The parts of a package that are made from its card: MONAI's metadata and the page for people."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from SynthTrustLib.segmenters.adapters.slices.preprocess import Preprocessing
from SynthTrustLib.segmenters.package.card import SegmenterCard, TrainingMix
from SynthTrustLib.segmenters.package.onnx_file import OnnxFile, TensorInfo
from SynthTrustLib.task.glioma import GLIOMA
from SynthTrustLib.task.task import Task

MONAI_METADATA_SCHEMA = (
    "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
)
_SLICES = ("previous slice", "this slice", "next slice")


def metadata(card: SegmenterCard, model: OnnxFile, authors: str, task: Task = GLIOMA) -> dict[str, Any]:
    """``configs/metadata.json`` in MONAI Bundle's words; it describes ``models/model.onnx`` and runs nothing."""
    names: list[str] = [f"{contrast}, {which}" for contrast in card.contrasts for which in _SLICES]
    outputs, value_range = list(map(str, card.regions)), [0, 2]
    if card.adapter is not None:
        names, value_range = list(map(str, card.contrasts)), []
        outputs = [" and ".join(channel) or "background" for channel in card.adapter.answer.channels]
    return {
        "schema": MONAI_METADATA_SCHEMA,
        "version": card.version,
        "changelog": {card.version: "first version"},
        "monai_version": _version(card, "monai"),
        "pytorch_version": _version(card, "torch"),
        "numpy_version": _version(card, "numpy"),
        "required_packages_version": {},
        "name": card.name,
        "task": "Brain tumor segmentation in MRI",
        "description": card.summary,
        "authors": authors,
        "copyright": f"Copyright (c) {authors}",
        "intended_use": card.intended_use,
        "data_source": _mix_in_words(card.training_mix),
        "data_type": "nifti",
        "image_classes": ", ".join(card.contrasts),
        "label_classes": ", ".join(f"{region}: {task.name(region)}" for region in card.regions),
        "pred_classes": f"{len(card.regions)} overlapping regions, one probability each: {', '.join(card.regions)}",
        "eval_metrics": {
            f"{result.metric} {result.region}, {result.cohort} (n={result.patients})": result.mean
            for result in card.held_out
        },
        "network_data_format": {
            "inputs": {
                model.inputs[0].name: {
                    "type": "image",
                    "format": "magnitude",
                    "modality": "MR",
                    "num_channels": model.inputs[0].shape[1],
                    "spatial_shape": _spatial_shape(card, model.inputs[0]),
                    "dtype": "float32",
                    "value_range": value_range,
                    "is_patch_data": card.adapter is not None,
                    "channel_def": {str(n): name for n, name in enumerate(names)},
                }
            },
            "outputs": {
                model.outputs[0].name: {
                    "type": "image",
                    "format": "segmentation",
                    "num_channels": len(outputs),
                    "spatial_shape": _spatial_shape(card, model.outputs[0]),
                    "dtype": "float32",
                    "value_range": [0, 1] if card.adapter is None else [],
                    "is_patch_data": card.adapter is not None,
                    "channel_def": {str(n): name for n, name in enumerate(outputs)},
                }
            },
        },
    }


def readme(card: SegmenterCard, task: Task = GLIOMA) -> str:
    """``docs/README.md``: the card for people."""
    mix = card.training_mix
    lines = [
        f"# {card.name}",
        "",
        card.summary,
        "",
        f"Segmenter `{card.id}`, version {card.version}, family {card.family}. Licence: {card.licence}.",
        "",
        "## What it was trained on",
        "",
        _fractions_in_words(mix),
    ]
    if mix.generator:
        lines.append(
            f"Generator of the synthetic cases: {mix.generator}; quality {mix.quality or 'not stated'}, "
            f"diversity {mix.diversity or 'not stated'}."
        )
    if mix.source_patients is not None:
        lines.append(f"Distinct real patients behind the mix: {mix.source_patients}.")
    if mix.source_sites:
        lines.append(f"Sites of the real cases: {', '.join(mix.source_sites)}.")
    lines += [*([f"Seed: {mix.seed}."] if mix.known else []), "", "## What it takes and gives", ""]
    lines.append(f"Contrasts: {', '.join(card.contrasts)}. {_required_in_words(card)}")
    lines.append(
        "Regions, each with its own outline's threshold: "
        + ", ".join(f"{region} ({task.name(region)}) {card.thresholds[region]:g}" for region in card.regions)
        + "."
    )
    lines += ["", "## Measured on patients it never saw", ""]
    if card.held_out:
        lines += ["| metric | region | patients | n | mean | 95 % interval |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {r.metric} | {r.region} | {r.cohort} | {r.patients} | {r.mean:.3f} | {r.low:.3f} to {r.high:.3f} |"
            for r in card.held_out
        ]
    else:
        lines.append("Nothing yet: how well it does is unknown.")
    lines += ["", "## Intended use", "", card.intended_use, "", "## Not for", ""]
    lines += [f"- {item}" for item in card.not_for] or ["Nothing was excluded by its maker."]
    lines += [
        "",
        "## Files",
        "",
        "A folder in MONAI Bundle layout. `models/model.onnx` holds the network and its weights (float32 as computed; "
        "how they are stored, the card says); `configs/metadata.json` describes it in MONAI's words; "
        "`configs/synthtrust.json` is this card with the SHA-256 of every file. There is no `configs/inference.json`: "
        "MONAI has no component that runs an ONNX file without Python expressions in the config, and SynthTrust runs "
        "no code from a package. SynthTrust, OpenVINO or ONNX Runtime run the ONNX file as it is.",
        "",
    ]
    return "\n".join(lines)


def _fractions_in_words(mix: TrainingMix) -> str:
    if not mix.known:
        return "Not known."
    return (
        f"{_mix_in_words(mix)}: real fraction {mix.real_fraction:.3g}, synthetic fraction {mix.synthetic_fraction:.3g}."
    )


def _mix_in_words(mix: TrainingMix) -> str:
    if not mix.known:
        return "not known"
    return f"{mix.real_cases} real and {mix.synthetic_cases} synthetic cases"


def _required_in_words(card: SegmenterCard) -> str:
    if not card.required_contrasts:
        return "Any of them may be missing."
    return f"It cannot run without {', '.join(card.required_contrasts)}."


def _spatial_shape(card: SegmenterCard, info: TensorInfo) -> list[str | int]:
    if card.adapter is not None:
        return list(card.adapter.windows.size)
    multiple = Preprocessing.from_dict(card.preprocessing).multiple
    return [size if size is not None else f"{multiple}*n" for size in info.shape[2:]]


def _version(card: SegmenterCard, package: str) -> str:
    """Version of a library that the segmenter was trained with: as recorded, else as installed."""
    recorded = card.training.get("versions", {})
    if package in recorded:
        return str(recorded[package])
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not used"
