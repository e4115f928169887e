"""A MONAI Bundle: its configuration is read as data, never run, and its network is built from an allow-list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from SynthTrustLib.errors import SegmenterError
from SynthTrustLib.regular_file import read_regular, read_regular_text
from SynthTrustLib.segmenters.adapters.axes import STORED
from SynthTrustLib.segmenters.adapters.patches.settings import (
    MONAI,
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
from SynthTrustLib.segmenters.networks.public import MONAI_CLASSES, build_public

METADATA_FILE = "configs/metadata.json"
CONFIGS = ("configs/inference.json", "configs/inference.yaml", "configs/inference.yml")
WEIGHTS = ("models/model.safetensors", "models/model.pt", "models/model.pth", "models/model.onnx")

_HARMLESS = frozenset(
    {
        "LoadImaged", "EnsureChannelFirstd", "AddChanneld", "EnsureTyped", "ToTensord", "CastToTyped", "ConcatItemsd",
        "DeleteItemsd", "SelectItemsd", "ToDeviced", "Identityd",
    }
)  # fmt: skip
"""Steps that change no value of the image."""

_UNIMPORTANT = frozenset({"keys", "allow_missing_keys", "lazy", "dtype"})
_UNDERSTOOD = {
    "Orientationd": {"axcodes", "labels"},
    "Spacingd": {"pixdim", "mode", "padding_mode", "recompute_affine", "ensure_same_shape"},
    "CropForegroundd": {
        "source_key", "margin", "k_divisible", "allow_smaller", "mode", "start_coord_key", "end_coord_key",
    },
    "NormalizeIntensityd": {"nonzero", "channel_wise"},
    "ScaleIntensityRangePercentilesd": {"lower", "upper", "b_min", "b_max", "clip", "channel_wise"},
    "ScaleIntensityd": {"minv", "maxv", "channel_wise"},
}  # fmt: skip
"""Step that changes the image -> what it may be told; anything else is refused, unless it is off."""

_ORDER = ("Orientationd", "Spacingd", "CropForegroundd", "normalization")
"""The order of the steps that do; `patches.prepare` does them in the same one."""

_AFTERWARDS = frozenset({"SaveImaged", "Lambdad", "ToTensord", "EnsureTyped", "DeleteItemsd", "SelectItemsd"})
"""Steps after the outline is drawn that change nothing of it but its numbers."""


_DEEPEST = 20
"""References through so many others lead nowhere."""


def is_monai(folder: Path) -> bool:
    """Whether a folder looks like a MONAI Bundle."""
    return (folder / METADATA_FILE).is_file() and any((folder / config).is_file() for config in CONFIGS)


def read_monai(folder: Path, stated: Answers, weights: str | None = None) -> Draft:
    """Understand a bundle, build its network with its weights, and export it.

    `weights`: bundle-relative path; by default the first of `WEIGHTS` that there is. Raises SegmenterError if anything
    about it is not what SynthTrust can do as MONAI does it.
    """
    source = folder.name
    metadata = _metadata(folder)
    config = _config(folder)
    inputs, outputs = (_channel_names(metadata, part) for part in ("inputs", "outputs"))
    contrasts = stated.contrasts or contrasts_named(inputs, source, stated.task)
    image = _image(config, _transforms(config, "preprocessing", source), stated, len(contrasts), source)
    resampled = any(mm is not None for mm in image.spacing_mm or ())
    answer = _answer(_transforms(config, "postprocessing", source), outputs, stated, source, resampled=resampled)
    windows = _windows(config, source)
    if resampled and answer.activated == "after" and image.crop != "none":
        _cannot("it brings back a cropped answer before it is activated", source)
    file = _weights_file(folder, weights)
    record: dict[str, Any] = {}
    if file.suffix == ".onnx":
        model, verified = read_regular(file), None
    else:
        record = _record(config, source)
        network = build_public(record)
        content = read_checkpoint(file)
        fill_strictly(network.members[0], state_dict(content, file, ("model", "state_dict", "network")), file)
        model = export(network, len(contrasts), windows.size)
        verified = verify(network, model, len(contrasts), windows.size, answer.activation)
    return Draft(
        settings=PatchSettings(image, windows, answer, record),
        contrasts=tuple(contrasts),
        model=model,
        framework="MONAI Bundle",
        name=str(metadata.get("name") or metadata.get("task") or source),
        verified=verified,
        found={
            "bundle_version": str(metadata.get("version", "unknown")),
            "monai_version": str(metadata.get("monai_version", "unknown")),
            "weights": file.relative_to(folder).as_posix(),
            "data_source": str(metadata.get("data_source", "unknown")),
            "authors": str(metadata.get("authors", "unknown")),
            "left_out": _left_out(_transforms(config, "postprocessing", source)),
        },
    )


def _metadata(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(read_regular_text(folder / METADATA_FILE)))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise SegmenterError(
            f"its {METADATA_FILE} cannot be read", source=folder.name, next_step="Get the bundle again."
        ) from error


def _config(folder: Path) -> dict[str, Any]:
    path = next(folder / config for config in CONFIGS if (folder / config).is_file())
    text = read_regular_text(path)
    try:
        content = json.loads(text) if path.suffix == ".json" else needed("yaml").safe_load(text)
    except SegmenterError:
        raise
    except Exception as error:  # json's and yaml's own errors
        raise SegmenterError(
            f"its configuration {path.name} cannot be read", source=folder.name, next_step="Get the bundle again."
        ) from error
    return dict(content)


def _referred(config: Mapping[str, Any], value: str, source: str) -> Any:
    """What a reference (``"@key"``, ``"@key::inner"``) refers to."""
    found: Any = config
    for key in value[1:].replace("#", "::").split("::"):
        if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
            continue
        if not isinstance(found, Mapping) or key not in found:
            _cannot(f"its configuration refers to {value}, which is not there", source)
        found = found[key]
    return found


def _resolved(config: Mapping[str, Any], value: Any, source: str, depth: int = 0) -> Any:
    """`value` with references followed, its own as well; an expression is refused."""
    if depth > _DEEPEST:
        _cannot("its configuration refers to itself", source)
    if isinstance(value, str) and value.startswith("@"):
        return _resolved(config, _referred(config, value, source), source, depth + 1)
    if isinstance(value, str) and value.startswith("$"):
        _cannot(f"its configuration computes a value ({value[:60]})", source)
    if isinstance(value, Mapping):
        return {key: _resolved(config, inner, source, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(config, inner, source, depth + 1) for inner in value]
    return value


def _target(part: Any) -> str:
    """The class that a part of the configuration names, without its module."""
    return str(part.get("_target_", "")).rpartition(".")[2] if isinstance(part, Mapping) else ""


def _record(config: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The network as `networks.public` builds it."""
    part = next((config[key] for key in ("network_def", "network", "net") if _target(config.get(key))), None)
    if part is None:
        _cannot("its configuration does not say what its network is", source)
    if _target(part) not in MONAI_CLASSES:
        known = ", ".join(MONAI_CLASSES)
        _cannot(f"its network is {_target(part)}, not one of {known}", source)
    arguments = {key: value for key, value in part.items() if not (key.startswith("_") and key.endswith("_"))}
    return {"name": _target(part), "arguments": _resolved(config, arguments, source)}


def _transforms(config: Mapping[str, Any], name: str, source: str) -> list[Mapping[str, Any]]:
    """The steps of a part that are not disabled, each a mapping whose values may still be references."""
    part = _followed(config, config.get(name), source)
    steps = _followed(config, part.get("transforms"), source) if isinstance(part, Mapping) else part
    if not isinstance(steps, list):
        _cannot(f"its configuration has no {name}", source)
    steps = [_followed(config, step, source) for step in steps]
    if not all(isinstance(step, Mapping) for step in steps):
        _cannot(f"its {name} has a step that is not described in it", source)
    return [step for step in steps if not _disabled(_resolved(config, step.get("_disabled_", False), source))]


def _followed(config: Mapping[str, Any], value: Any, source: str) -> Any:
    """What a reference refers to, with its own references as they are; any other value as it is."""
    for _ in range(_DEEPEST):
        if not (isinstance(value, str) and value.startswith("@")):
            return value
        value = _referred(config, value, source)
    return _cannot("its configuration refers to itself", source)


def _disabled(value: Any) -> bool:
    """As MONAI reads ``_disabled_``."""
    return value.strip().lower() == "true" if isinstance(value, str) else bool(value)


def _image(
    config: Mapping[str, Any], steps: Iterable[Mapping[str, Any]], stated: Answers, channels: int, source: str
) -> ImageSettings:
    axes, spacing, crop = STORED[::-1], None, "none"  # MONAI's arrays have their fastest axis first
    normalization = Normalization("none")
    last = -1
    for step in steps:
        name = _target(step)
        if name in _HARMLESS:
            continue
        step = {key: _resolved(config, value, source) for key, value in step.items() if key != "_target_"}
        keys = set(_keys(step))
        if keys == {"label"}:
            continue
        if keys - {"label"} != {"image"}:
            on = ", ".join(sorted(keys)) or "no key"
            _cannot(f"its step {name} works on {on}, not on image", source)
        told = {key for key, value in step.items() if value is not None and value is not False and key[0] != "_"}
        odd = told - _UNIMPORTANT - _UNDERSTOOD.get(name, told)
        if odd:
            _cannot(f"its step {name} is told {', '.join(sorted(odd))}", source)
        place = _ORDER.index(name) if name in _ORDER else len(_ORDER) - 1
        if place <= last:
            _cannot(f"its step {name} comes later than usual", source)
        last = place
        if name == "Orientationd":
            axes = str(_argument(step, name, "axcodes", source))
        elif name == "Spacingd":
            spacing = _spacing(step, source)
        elif name == "CropForegroundd":
            if (
                step.get("margin", 0) not in (0, [0])
                or step.get("k_divisible", 1) != 1
                or step.get("source_key", "image") != "image"
            ):
                _cannot("it crops in a way of its own", source)
            crop = "positive"
        else:
            normalization = _normalization(name, step, channels, source)
    return ImageSettings(MONAI, stated.axes or axes, spacing, crop, normalization)  # type: ignore[arg-type]


def _keys(step: Mapping[str, Any]) -> list[str]:
    keys = step.get("keys") or []
    return [str(key) for key in keys] if isinstance(keys, list) else [str(keys)]


def _argument(step: Mapping[str, Any], name: str, argument: str, source: str) -> Any:
    if argument not in step:
        _cannot(f"its step {name} is not told {argument}", source)
    return step[argument]


def _spacing(step: Mapping[str, Any], source: str) -> tuple[float | None, float | None, float | None]:
    mode = step.get("mode", "bilinear")
    keys = _keys(step)
    mode = mode[keys.index("image")] if isinstance(mode, list) else mode
    padding = step.get("padding_mode", "border")
    if mode != "bilinear" or padding != "border":
        _cannot(f"it resamples its images in a way of its own ({mode}, {padding})", source)
    pixdim = _argument(step, "Spacingd", "pixdim", source)
    pixdim = pixdim if isinstance(pixdim, list) else [pixdim] * 3
    if len(pixdim) != 3 or not all(mm is None or isinstance(mm, int | float) for mm in pixdim):
        _cannot(f"its voxels shall be {pixdim} mm, not three sizes", source)
    sizes = [float(mm) if mm and mm > 0 else None for mm in pixdim]
    return sizes[0], sizes[1], sizes[2]


def _normalization(name: str, step: Mapping[str, Any], channels: int, source: str) -> Normalization:
    if channels > 1 and not step.get("channel_wise", False):
        _cannot(f"its step {name} looks at all contrasts together", source)
    if name == "NormalizeIntensityd":
        return Normalization("z-score", "nonzero" if step.get("nonzero") else "all")
    if name == "ScaleIntensityRangePercentilesd":
        low, high, least, most = (
            float(_argument(step, name, argument, source)) for argument in ("lower", "upper", "b_min", "b_max")
        )
        return Normalization("percentile", "all", low, high, (least, most), bool(step.get("clip", False)))
    if name == "ScaleIntensityd":
        return Normalization("percentile", "all", onto=(float(step.get("minv", 0)), float(step.get("maxv", 1))))
    _cannot(f"its step {name} is not one that is known", source)


def _answer(
    steps: Sequence[Mapping[str, Any]], outputs: Sequence[str], stated: Answers, source: str, *, resampled: bool
) -> AnswerSettings:
    names = [_target(step) for step in steps]
    activation = steps[names.index("Activationsd")] if "Activationsd" in names else {}
    discrete = steps[names.index("AsDiscreted")] if "AsDiscreted" in names else {}
    back = names.index("Invertd") if "Invertd" in names else len(names)
    if resampled and (names.index("AsDiscreted") if discrete else back) < back:
        _cannot("it brings back outlines, not what they are drawn from", source)
    if resampled and back < len(names) and steps[back].get("nearest_interp", True) is not False:
        _cannot("it brings its answer back by the nearest voxel", source)
    before: Any = "before" if activation and names.index("Activationsd") < back else "after"
    if activation.get("sigmoid"):
        if discrete.get("threshold", 0.5) != 0.5:
            _cannot(f"it outlines at {discrete['threshold']}, not at 0.5", source)
        return AnswerSettings(regions_called(outputs, stated, source), "sigmoid", before, "none")
    if activation.get("softmax") or discrete.get("argmax"):
        labels = {name: n for n, name in enumerate(outputs)}
        return AnswerSettings(regions_of_labels(labels, stated, source), "softmax", before, "highest")
    _cannot("it says neither sigmoid nor softmax", source)


def _left_out(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Steps that change the outline after it is drawn, which SynthTrust does not make: it shows the network's own."""
    known = _AFTERWARDS | {"Activationsd", "Invertd", "AsDiscreted"}
    return [_target(step) for step in steps if _target(step) not in known]


def _windows(config: Mapping[str, Any], source: str) -> Windows:
    inferer = config.get("inferer")
    if not isinstance(inferer, Mapping) or _target(inferer) != "SlidingWindowInferer":
        _cannot(f"it is run by {_target(inferer) or 'nothing that is known'}, not by a SlidingWindowInferer", source)
    part = _resolved(config, {key: inferer[key] for key in inferer if key not in ("device", "sw_device")}, source)
    size, overlap = part["roi_size"], part.get("overlap", 0.25)
    mode = part.get("mode", "constant")
    if not isinstance(size, list) or len(size) != 3 or any(not isinstance(n, int) or n < 1 for n in size):
        _cannot(f"its windows are {size}, not three sizes in voxels", source)
    if part.get("padding_mode", "constant") != "constant" or part.get("sigma_scale", 0.125) != 0.125:
        _cannot("it pads or weighs its windows in a way of its own", source)
    return Windows(tuple(size), float(overlap), mode)


def _channel_names(metadata: Mapping[str, Any], part: str) -> list[str]:
    """The names of the network's input or output channels, in order, as far as the metadata tells them."""
    tensors = metadata.get("network_data_format", {}).get(part, {})
    names: Mapping[str, Any] = next((tensor.get("channel_def", {}) for tensor in tensors.values()), {})
    return [str(name) for _, name in sorted(names.items(), key=lambda item: int(item[0]))]


def _weights_file(folder: Path, stated: str | None) -> Path:
    names = (stated,) if stated else WEIGHTS
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise SegmenterError(
            f"there is no {' and no '.join(names)} in it",
            source=folder.name,
            next_step="State the file with its weights: --checkpoint models/NAME.",
        )
    return found


def _cannot(problem: str, source: str) -> NoReturn:
    raise SegmenterError(
        f"{problem}, so that SynthTrust cannot run it as MONAI does",
        source=source,
        next_step="Export its network to ONNX and import that, or compare its outline (assess --member NAME=FILE).",
    )
